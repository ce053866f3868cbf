// The audit trail of a running service, from the call to the verified dump.

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/platform/v1/audit_chain.pb.h"
#include "crm/platform/v1/audit_entry.pb.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "shared/auth/key_set.h"
#include "shared/auth/private_key.h"
#include "shared/base/secret_file.h"
#include "shared/resource/audit/audit_record.h"
#include "shared/resource/audit/audit_verifier.h"
#include "shared/resource/audit/checkpoint.h"
#include "shared/resource/audit/dump_line.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm {
namespace {

namespace v1 = ::crm::operational::v1;
using ::crm::platform::v1::AuditEntry;
using ::crm::platform::v1::ReadAuditChainRequest;
using ::crm::platform::v1::ReadAuditChainResponse;
using ::crm::testing::IsOk;
using ::crm::testing::ScratchFolder;
using ::crm::testing::ServiceHarness;
using ::crm::testing::StatusIs;
using ::crm::testing::TestAuthority;

constexpr absl::Duration kPatience = absl::Seconds(20);

class AuditTrailTest : public ::testing::Test {
 protected:
  AuditTrailTest()
      : service_(
            authority_, "operational", operational::MakeOperational,
            [this](HostSettings& settings) {
              const PrivateKey key = *PrivateKey::Generate();
              EXPECT_THAT(key.WriteFile(folder_.File("audit.pem")), IsOk());
              EXPECT_THAT(AddToKeySetFile(folder_.File("keys.json"),
                                          kAuditIssuer, key.Thumbprint(), key),
                          IsOk());
              settings.audit_key_file = folder_.File("audit.pem");
              settings.audit_checkpoints = folder_.File("checkpoints");
            }),
        token_(authority_.Token("acme", "user:ada", {"everyone"})) {}

  absl::Status CreateLead(const std::string& id, const std::string& token) {
    v1::CreateLeadRequest request;
    request.set_lead_id(id);
    request.mutable_lead()->set_display_name(id);
    return service_.client()
        .Call<v1::Lead>("crm.operational.v1.LeadService.CreateLead", request,
                        {.token = token})
        .status();
  }

  absl::StatusOr<ReadAuditChainResponse> ReadChain(const std::string& token,
                                                   const std::string& name,
                                                   int64_t after_n = 0) {
    ReadAuditChainRequest request;
    request.set_name(name);
    request.set_after_n(after_n);
    return service_.client().Call<ReadAuditChainResponse>(
        "crm.platform.v1.AuditChainService.ReadAuditChain", request,
        {.token = token});
  }

  // Waits until the chain of the token's tenant has `n` records.
  ReadAuditChainResponse AwaitChain(const std::string& token, int64_t n) {
    const absl::Time end = absl::Now() + kPatience;
    while (absl::Now() < end) {
      const auto chain = ReadChain(token, "auditChains/operational");
      EXPECT_THAT(chain, IsOk());
      if (!chain.ok() || chain->head_n() >= n) return *chain;
      absl::SleepFor(absl::Milliseconds(5));
    }
    ADD_FAILURE() << "The chain has not come to " << n;
    return {};
  }

  static absl::Status Verify(AuditVerifier& verifier,
                             const ReadAuditChainResponse& chain) {
    for (const auto& record : chain.records()) {
      const absl::Status status = verifier.ReadLine(
          FormatDumpLine({"operational", chain.tenant(), record.n(),
                          record.hash(), record.content()}));
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  ScratchFolder folder_;
  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(AuditTrailTest, EveryChangeIsChainedByTenant) {
  const std::string other =
      authority_.Token("globex", "user:bob", {"everyone"});
  ASSERT_THAT(CreateLead("one", token_), IsOk());
  ASSERT_THAT(CreateLead("two", token_), IsOk());
  ASSERT_THAT(CreateLead("one", other), IsOk());

  // A lead brings its customer along.
  const ReadAuditChainResponse chain = AwaitChain(token_, 4);

  EXPECT_EQ(chain.tenant(), "acme");
  ASSERT_EQ(chain.records_size(), 4);
  EXPECT_EQ(AwaitChain(other, 2).records_size(), 2);
  AuditVerifier verifier;
  EXPECT_THAT(Verify(verifier, chain), IsOk());
  const auto record = ParseCanonicalBytes(chain.records(0).content());
  ASSERT_THAT(record, IsOk());
  EXPECT_EQ(record->entry.actor(), "user:ada");
  EXPECT_EQ(record->entry.outcome(), AuditEntry::DONE);
}

TEST_F(AuditTrailTest, WhatIsDeniedIsChainedToo) {
  const std::string bystander =
      authority_.Token("acme", "user:eve", {"bystander"});
  ASSERT_THAT(
      CreateLead("one", bystander),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));

  const ReadAuditChainResponse chain = AwaitChain(token_, 1);

  ASSERT_EQ(chain.records_size(), 1);
  const auto record = ParseCanonicalBytes(chain.records(0).content());
  ASSERT_THAT(record, IsOk());
  EXPECT_EQ(record->entry.actor(), "user:eve");
  EXPECT_EQ(record->entry.outcome(), AuditEntry::DENIED);
  EXPECT_EQ(record->entry.reason(), "PERMISSION_DENIED");
  EXPECT_EQ(record->entry.method(),
            "/crm.operational.v1.LeadService/CreateLead");
  platform::v1::GetAuditEntryRequest request;
  request.set_name(record->entry.name());
  EXPECT_THAT(service_.client().Call<AuditEntry>(
                  "crm.platform.v1.AuditService.GetAuditEntry", request,
                  {.token = token_}),
              IsOk());
}

TEST_F(AuditTrailTest, NobodyReadsAChainWithoutTheRight) {
  EXPECT_THAT(
      ReadChain(authority_.Token("acme", "user:eve", {"bystander"}),
                "auditChains/operational"),
      StatusIs(absl::StatusCode::kPermissionDenied, "PERMISSION_DENIED"));
}

TEST_F(AuditTrailTest, OtherNamesAreOfNoChain) {
  for (const char* name :
       {"auditChains/analytical", "auditChains/", "leads/a"}) {
    EXPECT_THAT(ReadChain(token_, name),
                StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"))
        << name;
  }
  EXPECT_THAT(ReadChain(token_, "auditChains/operational", /*after_n=*/-1),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(AuditTrailTest, AStopLeavesASignedCheckpointOfTheWholeChain) {
  ASSERT_THAT(CreateLead("one", token_), IsOk());
  AwaitChain(token_, 2);
  service_.Restart();
  const ReadAuditChainResponse chain = AwaitChain(token_, 2);

  AuditVerifier verifier;
  ASSERT_THAT(Verify(verifier, chain), IsOk());
  const KeySet keys =
      *KeySet::Parse(*ReadWholeFile(folder_.File("keys.json"), 1 << 16));
  std::ifstream file(folder_.File("checkpoints"));
  std::string line;
  int checkpoints = 0;
  while (std::getline(file, line)) {
    const auto checkpoint = ParseCheckpoint(line);
    ASSERT_THAT(checkpoint, IsOk());
    EXPECT_THAT(verifier.Check(*checkpoint, keys), IsOk());
    ++checkpoints;
  }
  EXPECT_EQ(checkpoints, 1);
  EXPECT_EQ(verifier.uncovered(), 0);
}

TEST_F(AuditTrailTest, NoChangeIsStoredThatCannotBeWrittenDown) {
  // A lead brings its customer: the second entry of the commit is refused.
  ASSERT_THAT(service_.host().database().WriteAndWait(
                  absl::Now() + kPatience,
                  [](SqlWriter& writer) {
                    return writer
                        .Execute(
                            "CREATE UNIQUE INDEX one_entry ON "
                            "auditentries (tenant)",
                            {})
                        .status();
                  }),
              IsOk());

  EXPECT_FALSE(CreateLead("one", token_).ok());

  v1::GetLeadRequest request;
  request.set_name("leads/one");
  EXPECT_THAT(
      service_.client().Call<v1::Lead>("crm.operational.v1.LeadService.GetLead",
                                       request, {.token = token_}),
      StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));
}

}  // namespace
}  // namespace crm
