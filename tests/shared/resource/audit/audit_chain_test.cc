#include "shared/resource/audit/audit_chain.h"

#include "absl/strings/str_cat.h"
#include "shared/resource/audit/audit_verifier.h"
#include "shared/resource/pending_audit.h"
#include "tests/shared/resource/audit/chains.h"
#include "tests/support/matchers.h"

namespace crm {
namespace {

using ::crm::testing::AuditStore;
using ::crm::testing::IsOk;
using ::crm::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::SizeIs;

absl::Status Verify(const std::vector<std::string>& lines) {
  AuditVerifier verifier;
  for (const std::string& line : lines) {
    if (absl::Status status = verifier.ReadLine(line); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

class AuditChainTest : public ::testing::Test {
 protected:
  AuditStore store_;
};

TEST_F(AuditChainTest, HoldsEveryEntryOnceByTenant) {
  for (int i = 0; i < 30; ++i) store_.Write(i % 3 == 0 ? "globex" : "acme");

  ASSERT_THAT(store_.Chain(), IsOk());
  ASSERT_THAT(store_.Chain(), IsOk()) << "Nothing is left to do.";

  EXPECT_THAT(store_.Dump("acme"), SizeIs(20));
  EXPECT_THAT(store_.Dump("globex"), SizeIs(10));
  EXPECT_THAT(Verify(store_.Dump("acme")), IsOk());
  EXPECT_THAT(Verify(store_.Dump("globex")), IsOk());
  EXPECT_THAT(store_.Dump("initech"), SizeIs(0));
  EXPECT_TRUE(store_.Plan().empty());
}

TEST_F(AuditChainTest, GoesOnWhereItStopped) {
  for (int i = 0; i < 10; ++i) store_.Write("acme");
  while (true) {
    const AuditChain::Step step = store_.Plan(/*max=*/3);
    if (step.empty()) break;
    EXPECT_LE(step.links.size(), 3u);
    ASSERT_THAT(store_.Apply(step), IsOk());
  }
  store_.Write("acme");
  ASSERT_THAT(store_.Chain(), IsOk());

  EXPECT_THAT(store_.Dump("acme"), SizeIs(11));
  EXPECT_THAT(Verify(store_.Dump("acme")), IsOk());
}

TEST_F(AuditChainTest, OfTwoThatExtendItOneFails) {
  store_.Write("acme");
  const AuditChain::Step one = store_.Plan();
  const AuditChain::Step two = store_.Plan();

  EXPECT_THAT(store_.Apply(one), IsOk());
  EXPECT_THAT(store_.Apply(two),
              StatusIs(absl::StatusCode::kAborted, "AUDIT_CHAIN_MOVED"));

  EXPECT_THAT(store_.Dump("acme"), SizeIs(1));
}

TEST_F(AuditChainTest, TakesEntriesWithoutAnEventOnce) {
  std::string name = store_.Write("acme");
  ASSERT_THAT(store_.Chain(), IsOk());
  ASSERT_THAT(store_.database().WriteAndWait(
                  absl::Now() + absl::Seconds(30),
                  [&](SqlWriter& writer) -> absl::Status {
                    platform::v1::AuditEntry entry;
                    entry.set_name("auditEntries/operational-denied");
                    const absl::Status status =
                        store_.catalog()
                            .Find(platform::v1::AuditEntry::descriptor())
                            ->table.Insert(writer, "acme", entry);
                    if (!status.ok()) return status;
                    return AddPendingAudit(writer, "acme", entry.name());
                  }),
              IsOk());
  const AuditChain::Step again = store_.Plan();

  EXPECT_THAT(store_.Apply(again), IsOk());
  EXPECT_THAT(store_.Apply(again),
              StatusIs(absl::StatusCode::kAborted, "AUDIT_CHAIN_MOVED"));
  EXPECT_THAT(store_.Dump("acme"), SizeIs(2));
  EXPECT_THAT(Verify(store_.Dump("acme")), IsOk());
}

TEST_F(AuditChainTest, CountsEventsWithoutAnEntryAndGoesOn) {
  store_.WriteBareEvent("acme");
  store_.Write("acme");

  const AuditChain::Step step = store_.Plan();

  EXPECT_EQ(step.missing, 1);
  EXPECT_THAT(store_.Apply(step), IsOk());
  EXPECT_THAT(store_.Dump("acme"), SizeIs(1));
  EXPECT_TRUE(store_.Plan().empty());
}

TEST_F(AuditChainTest, IsReadInPages) {
  for (int i = 0; i < 5; ++i) store_.Write("acme");
  ASSERT_THAT(store_.Chain(), IsOk());

  const auto first = store_.Read("acme", 0, 2);
  const auto last = store_.Read("acme", 4, 2);

  EXPECT_THAT(first.records(), SizeIs(2));
  EXPECT_EQ(first.head_n(), 5);
  EXPECT_EQ(first.records(0).n(), 1);
  ASSERT_THAT(last.records(), SizeIs(1));
  EXPECT_EQ(last.records(0).hash(), last.head_hash());
  EXPECT_THAT(store_.Read("acme", 5, 2).records(), SizeIs(0));
}

TEST_F(AuditChainTest, RefusesNegativeNumbers) {
  platform::v1::ReadAuditChainRequest request;
  request.set_after_n(-1);
  request.set_page_size(-1);

  EXPECT_THAT(
      store_.database().Read(
          absl::Now() + absl::Seconds(30),
          [&](SqlReader& reader) {
            return store_.chain().Read(reader, "acme", request).status();
          }),
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(AuditChainTest, TheStoreRefusesToChangeOrDeleteEntriesAndRecords) {
  store_.Write("acme");
  ASSERT_THAT(store_.Chain(), IsOk());
  for (const char* sql :
       {"UPDATE auditentries SET body = x'00'", "DELETE FROM auditentries",
        "UPDATE audit_chain SET n = 7", "DELETE FROM audit_chain"}) {
    EXPECT_FALSE(store_.Execute(sql).ok()) << sql;
  }
  EXPECT_THAT(Verify(store_.Dump("acme")), IsOk());
  EXPECT_THAT(store_.Dump("acme"), SizeIs(1));
}

class TamperedChainTest : public AuditChainTest {
 protected:
  TamperedChainTest() {
    for (int i = 0; i < 5; ++i) names_.push_back(store_.Write("acme"));
    EXPECT_THAT(store_.Chain(), IsOk());
    // Whoever owns the file can take the triggers away.
    for (const char* trigger :
         {"keep_auditentries_update", "keep_auditentries_delete",
          "keep_audit_chain_update", "keep_audit_chain_delete"}) {
      EXPECT_THAT(store_.Execute(absl::StrCat("DROP TRIGGER ", trigger)),
                  IsOk());
    }
    EXPECT_THAT(Verify(store_.Dump("acme")), IsOk());
  }

  void ExpectBrokenAt(int n) {
    const absl::Status status = Verify(store_.Dump("acme"));
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss, "AUDIT_BROKEN"));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("at record ", n, ":")));
  }

  // Returns the entry at a place of the chain.
  std::string NameAt(int64_t n) {
    std::string name;
    EXPECT_THAT(
        store_.database().Read(absl::Now() + absl::Seconds(30),
                               [&](SqlReader& reader) -> absl::Status {
                                 const auto rows = reader.Query(
                                     "SELECT name FROM audit_chain "
                                     "WHERE tenant = 'acme' AND n = ?",
                                     {n});
                                 if (!rows.ok()) return rows.status();
                                 name = std::get<std::string>((*rows)[0][0]);
                                 return absl::OkStatus();
                               }),
        IsOk());
    return name;
  }

  std::vector<std::string> names_;
};

TEST_F(TamperedChainTest, ShowsAnEntryThatWasChanged) {
  platform::v1::AuditEntry entry;
  entry.set_name(NameAt(3));
  entry.set_actor("user:mallory");
  ASSERT_THAT(
      store_.Execute("UPDATE auditentries SET body = ? WHERE name = ?",
                     {SqlBlob{entry.SerializeAsString()}, entry.name()}),
      IsOk());

  ExpectBrokenAt(3);
}

TEST_F(TamperedChainTest, ShowsAnEntryThatWasDeleted) {
  ASSERT_THAT(
      store_.Execute("DELETE FROM auditentries WHERE name = ?", {NameAt(2)}),
      IsOk());

  ExpectBrokenAt(2);
}

TEST_F(TamperedChainTest, ShowsARecordThatWasTakenOut) {
  ASSERT_THAT(store_.Execute("DELETE FROM audit_chain WHERE n = 4"), IsOk());

  ExpectBrokenAt(4);
}

}  // namespace
}  // namespace crm
