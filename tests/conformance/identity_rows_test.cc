// Rows of the capability list on who is who, as callers of the operational
// service see them.

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/identifier.pb.h"
#include "crm/operational/v1/resolve_identity.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;

class IdentityRows : public ::testing::Test {
 protected:
  IdentityRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:boss", {"sales_manager"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text) {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token_});
  }

  // Makes a customer with one identifier, called `identifiers/point`.
  void MakeCustomer(absl::string_view id, absl::string_view name,
                    absl::string_view type, absl::string_view value) {
    ASSERT_THAT((Call<v1::Customer, v1::CreateCustomerRequest>(
                    "CustomerService.CreateCustomer",
                    absl::StrCat("customer_id: '", id,
                                 "' customer { kind: PERSON display_name: '",
                                 name, "' }"))),
                IsOk());
    ASSERT_THAT((Call<v1::Identifier, v1::CreateIdentifierRequest>(
                    "IdentifierService.CreateIdentifier",
                    absl::StrCat("parent: 'customers/", id,
                                 "' identifier_id: 'point' identifier { type: ",
                                 type, " value: '", value, "' }"))),
                IsOk());
  }

  absl::StatusOr<v1::Identifier> Verify(absl::string_view customer) {
    return Call<v1::Identifier, v1::VerifyIdentifierRequest>(
        "IdentifierService.VerifyIdentifier",
        absl::StrCat("name: 'customers/", customer, "/identifiers/point'"));
  }

  v1::ResolveIdentityResponse Resolve(absl::string_view text) {
    const auto resolved =
        Call<v1::ResolveIdentityResponse, v1::ResolveIdentityRequest>(
            "CustomerService.ResolveIdentity", text);
    EXPECT_THAT(resolved, IsOk()) << text;
    return resolved.value_or(v1::ResolveIdentityResponse());
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(IdentityRows, OP_12_WhoAsksIsResolvedWithEvidenceAndConfidence) {
  MakeCustomer("ada", "Ada Lovelace", "PHONE", "+1 (415) 555-0100");
  MakeCustomer("bob", "Bob Miller", "EMAIL", "bob@example.org");

  const auto known = Resolve(
      "phones: '1-415-555-0100' display_name: 'Ada LOVELACE' "
      "region_code: 'US'");
  const auto unnamed = Resolve("phones: '+14155550100'");
  const auto other = Resolve("emails: 'eve@example.org' display_name: 'Eve'");

  EXPECT_EQ(known.decision(), v1::ResolveIdentityResponse::EXISTING);
  EXPECT_EQ(known.customer(), "customers/ada");
  ASSERT_EQ(known.candidates_size(), 1);
  EXPECT_GT(known.candidates(0).confidence(), 0.95);
  double sum = 0;
  std::vector<std::string> subjects;
  for (const v1::IdentityEvidence& evidence : known.candidates(0).evidence()) {
    sum += evidence.weight();
    subjects.push_back(evidence.subject());
  }
  EXPECT_DOUBLE_EQ(known.candidates(0).score(), sum);
  EXPECT_THAT(subjects, ::testing::UnorderedElementsAre("PHONE", "name"));
  // A family may share a phone: it alone decides nothing.
  EXPECT_EQ(unnamed.decision(), v1::ResolveIdentityResponse::AMBIGUOUS);
  EXPECT_EQ(unnamed.customer(), "");
  EXPECT_EQ(other.decision(), v1::ResolveIdentityResponse::NEW);
  EXPECT_EQ(other.candidates_size(), 0);
}

TEST_F(IdentityRows, OP_12_WhatIsProvedOnBothSidesDecides) {
  MakeCustomer("ada", "Ada Lovelace", "EMAIL", "ada@gmail.com");
  MakeCustomer("eve", "Ada Lovelace", "EMAIL", "a.da@googlemail.com");
  ASSERT_THAT(Verify("ada"), IsOk());

  const auto resolved = Resolve("emails: 'Ada@Gmail.com' verified: true");

  EXPECT_EQ(resolved.decision(), v1::ResolveIdentityResponse::EXISTING);
  EXPECT_EQ(resolved.customer(), "customers/ada");
}

TEST_F(IdentityRows, OP_12_APointIsProvedToBeOneCustomersAlone) {
  MakeCustomer("ada", "Ada Lovelace", "PHONE", "+1 (415) 555-0100");
  MakeCustomer("bob", "Bob Jones", "PHONE", "+14155550100");
  ASSERT_THAT(Verify("ada"), IsOk());

  const auto other = Verify("bob");
  EXPECT_THAT(other,
              StatusIs(absl::StatusCode::kAlreadyExists, "UNIQUE_VALUE_TAKEN"));
  EXPECT_THAT(other.status().message(),
              ::testing::HasSubstr("customers/ada/identifiers/point"));

  ASSERT_THAT((Call<v1::Identifier, v1::RetireIdentifierRequest>(
                  "IdentifierService.RetireIdentifier",
                  "name: 'customers/ada/identifiers/point'")),
              IsOk());
  EXPECT_THAT(Verify("bob"), IsOk());
}

TEST_F(IdentityRows, OP_12_OfAHundredAtOnceOneProvesAPoint) {
  constexpr int kCallers = 100;
  for (int i = 0; i < kCallers; ++i) {
    MakeCustomer(absl::StrCat("c", i), "Ada", "EMAIL", "ada@example.org");
  }
  std::vector<absl::Status> statuses(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([this, i, &statuses] {
      // A service that is busy asks to be called again.
      const absl::Time deadline = absl::Now() + absl::Seconds(60);
      do {
        statuses[i] = Verify(absl::StrCat("c", i)).status();
      } while (absl::IsUnavailable(statuses[i]) && absl::Now() < deadline);
    });
  }
  for (std::thread& caller : callers) caller.join();

  int winners = 0;
  for (const absl::Status& status : statuses) {
    if (status.ok()) {
      ++winners;
      continue;
    }
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kAlreadyExists,
                                 "UNIQUE_VALUE_TAKEN"));
  }
  EXPECT_EQ(winners, 1);
  const auto listed =
      Call<v1::ListIdentifiersResponse, v1::ListIdentifiersRequest>(
          "IdentifierService.ListIdentifiers",
          "parent: 'customers/-' filter: 'state = VERIFIED'");
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->identifiers_size(), 1);
}

TEST_F(IdentityRows,
       OP_12_PAIN_01_AHundredCreatesOfOneRequestMakeOneIdentifier) {
  constexpr int kCallers = 100;
  MakeCustomer("ada", "Ada", "EMAIL", "ada@example.org");
  std::vector<std::string> names(kCallers);
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([this, i, &names] {
      const absl::Time deadline = absl::Now() + absl::Seconds(60);
      absl::StatusOr<v1::Identifier> made;
      do {
        made = Call<v1::Identifier, v1::CreateIdentifierRequest>(
            "IdentifierService.CreateIdentifier",
            "parent: 'customers/ada' identifier { type: PHONE value: "
            "'+14155550100' } request_id: "
            "'0f0e2a6c-6d39-4a4e-8f43-7a5d1c9b2e01'");
      } while (absl::IsUnavailable(made.status()) && absl::Now() < deadline);
      EXPECT_THAT(made, IsOk());
      if (made.ok()) names[i] = made->name();
    });
  }
  for (std::thread& caller : callers) caller.join();

  EXPECT_THAT(names, ::testing::Each(names[0]));
  const auto listed =
      Call<v1::ListIdentifiersResponse, v1::ListIdentifiersRequest>(
          "IdentifierService.ListIdentifiers",
          "parent: 'customers/ada' filter: 'type = PHONE'");
  ASSERT_THAT(listed, IsOk());
  EXPECT_EQ(listed->identifiers_size(), 1);
}

TEST_F(IdentityRows, OP_12_NothingToGoByFindsNobody) {
  EXPECT_THAT((Call<v1::ResolveIdentityResponse, v1::ResolveIdentityRequest>(
                  "CustomerService.ResolveIdentity", "display_name: 'Ada'")),
              StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

}  // namespace
}  // namespace crm::testing
