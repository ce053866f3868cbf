// Rows of the capability list on accounts and who works there, and on business
// hours, as callers of the operational service see them.

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/operational/v1/account.pb.h"
#include "crm/operational/v1/account_contact.pb.h"
#include "crm/operational/v1/activity.pb.h"
#include "crm/operational/v1/business_calendar.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;

constexpr absl::StatusCode kTaken = absl::StatusCode::kAlreadyExists;

class WorkingDayRows : public ::testing::Test {
 protected:
  WorkingDayRows()
      : service_(authority_, "operational", operational::MakeOperational),
        token_(authority_.Token("acme", "user:boss", {"tenant_admin"})) {}

  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view method,
                                absl::string_view text,
                                absl::string_view token = "") {
    return service_.client().Call<Response>(
        absl::StrCat("crm.operational.v1.", method), Proto<Request>(text),
        {.token = token.empty() ? token_ : std::string(token)});
  }

  // The same for a call that must succeed.
  template <typename Response, typename Request>
  Response Must(absl::string_view method, absl::string_view text) {
    auto response = Call<Response, Request>(method, text);
    EXPECT_THAT(response, IsOk()) << method;
    return response.ok() ? *std::move(response) : Response();
  }

  void CreateAccount(absl::string_view id, absl::string_view parent = "") {
    Must<v1::Account, v1::CreateAccountRequest>(
        "AccountService.CreateAccount",
        absl::StrCat("account_id: '", id, "' account { display_name: '", id,
                     "' parent_account: '", parent, "' }"));
  }

  absl::StatusOr<v1::Account> Move(absl::string_view id,
                                   absl::string_view parent) {
    return Call<v1::Account, v1::UpdateAccountRequest>(
        "AccountService.UpdateAccount",
        absl::StrCat("account { name: 'accounts/", id,
                     "' parent_account: 'accounts/", parent,
                     "' } update_mask { paths: 'parent_account' }"));
  }

  absl::StatusOr<v1::AccountContact> Relate(absl::string_view id,
                                            absl::string_view account,
                                            absl::string_view more) {
    return Call<v1::AccountContact, v1::CreateAccountContactRequest>(
        "AccountContactService.CreateAccountContact",
        absl::StrCat("account_contact_id: '", id,
                     "' account_contact { account: 'accounts/", account,
                     "' contact: 'contacts/ada' role: DECISION_MAKER ", more,
                     " }"));
  }

  TestAuthority authority_;
  ServiceHarness service_;
  const std::string token_;
};

TEST_F(WorkingDayRows, B08_AnAccountDoesNotLieUnderItself) {
  CreateAccount("top");
  CreateAccount("middle", "accounts/top");
  CreateAccount("bottom", "accounts/middle");

  EXPECT_THAT(
      Move("top", "bottom"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ACCOUNT_CIRCLE"));
  EXPECT_THAT(
      Move("top", "top"),
      StatusIs(absl::StatusCode::kFailedPrecondition, "ACCOUNT_CIRCLE"));
}

// Two moves that are fine each by itself, and a circle together: whatever their
// order, one is refused.
TEST_F(WorkingDayRows, B08_ParallelMovesMakeNoCircle) {
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    const std::string one = absl::StrCat("one-", round);
    const std::string two = absl::StrCat("two-", round);
    CreateAccount(one);
    CreateAccount(two);
    std::atomic<int> moved = 0;
    std::atomic<int> refused = 0;
    const auto move = [&](const std::string& account,
                          const std::string& parent) {
      const auto answer = Move(account, parent);
      if (answer.ok()) ++moved;
      if (ErrorReason(answer.status()) == "ACCOUNT_CIRCLE") ++refused;
    };

    std::thread other([&] { move(one, two); });
    move(two, one);
    other.join();

    EXPECT_EQ(moved, 1) << round;
    EXPECT_EQ(refused, 1) << round;
  }
}

TEST_F(WorkingDayRows, B09_AContactWorksWithManyAccountsAndIsOfOneFirst) {
  CreateAccount("north");
  CreateAccount("south");
  Must<v1::Contact, v1::CreateContactRequest>(
      "ContactService.CreateContact",
      "contact_id: 'ada' contact { display_name: 'Ada' }");

  EXPECT_THAT(Relate("one", "north", "primary: true"), IsOk());
  EXPECT_THAT(Relate("two", "south", "primary: true"),
              StatusIs(kTaken, "UNIQUE_VALUE_TAKEN"));
  EXPECT_THAT(Relate("two", "south",
                     "start_date { year: 2024 month: 5 day: 1 } "
                     "title: 'Advises'"),
              IsOk());

  // When she leaves the first, the second can be hers first.
  Must<v1::AccountContact, v1::UpdateAccountContactRequest>(
      "AccountContactService.UpdateAccountContact",
      "account_contact { name: 'accountContacts/one' "
      "end_date { year: 2025 month: 1 day: 31 } } "
      "update_mask { paths: 'primary' paths: 'end_date' }");
  Must<v1::AccountContact, v1::UpdateAccountContactRequest>(
      "AccountContactService.UpdateAccountContact",
      "account_contact { name: 'accountContacts/two' primary: true } "
      "update_mask { paths: 'primary' }");
  const auto listed =
      Must<v1::ListAccountContactsResponse, v1::ListAccountContactsRequest>(
          "AccountContactService.ListAccountContacts",
          "filter: 'contact = \"contacts/ada\" AND primary = true'");
  ASSERT_EQ(listed.account_contacts_size(), 1);
  EXPECT_EQ(listed.account_contacts(0).account(), "accounts/south");
}

TEST_F(WorkingDayRows, B09_OfParallelCallsOneMakesAnAccountPrimary) {
  constexpr int kCallers = 8;
  Must<v1::Contact, v1::CreateContactRequest>(
      "ContactService.CreateContact",
      "contact_id: 'ada' contact { display_name: 'Ada' }");
  for (int i = 0; i < kCallers; ++i) CreateAccount(absl::StrCat("a", i));
  std::atomic<int> made = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] {
      const auto answer =
          Relate(absl::StrCat("r", i), absl::StrCat("a", i), "primary: true");
      if (answer.ok()) ++made;
      if (ErrorReason(answer.status()) == "UNIQUE_VALUE_TAKEN") ++refused;
    });
  }
  for (std::thread& caller : callers) caller.join();

  EXPECT_EQ(made, 1);
  EXPECT_EQ(refused, kCallers - 1);
}

TEST_F(WorkingDayRows, A52_BusinessTimePassesInTheHoursOfACalendar) {
  Must<v1::BusinessCalendar, v1::CreateBusinessCalendarRequest>(
      "BusinessCalendarService.CreateBusinessCalendar",
      "business_calendar_id: 'office' business_calendar { "
      "display_name: 'Office' time_zone: 'Europe/Vienna' "
      "weekdays { weekday: 1 intervals { start_minute: 540 end_minute: 720 } "
      "  intervals { start_minute: 780 end_minute: 1020 } } "
      "weekdays { weekday: 2 intervals { start_minute: 540 end_minute: 720 } } "
      "exceptions { date { year: 2025 month: 1 day: 7 } } }");

  // Monday, 6 January 2025, 16:00 in Vienna; Tuesday is a holiday.
  const auto answer =
      Must<v1::AddBusinessTimeResponse, v1::AddBusinessTimeRequest>(
          "BusinessCalendarService.AddBusinessTime",
          "name: 'businessCalendars/office' "
          "start_time { seconds: 1736175600 } business_seconds: 7200");

  // Monday a week later, 10:00.
  EXPECT_EQ(answer.end_time().seconds(), 1'736'758'800);
  EXPECT_THAT(
      (Call<v1::BusinessCalendar, v1::CreateBusinessCalendarRequest>(
          "BusinessCalendarService.CreateBusinessCalendar",
          "business_calendar { display_name: 'X' time_zone: 'Mars/Olympus' }")),
      StatusIs(absl::StatusCode::kInvalidArgument, "BAD_REQUEST"));
}

TEST_F(WorkingDayRows, B21_FreeBusyTellsTimesOfWhatTheCallerMayNotRead) {
  Must<v1::Activity, v1::CreateActivityRequest>(
      "ActivityService.CreateActivity",
      "activity_id: 'secret' activity { subject: 'Secret' kind: MEETING "
      "owner: 'user:boss' start_time { seconds: 1736175600 } "
      "end_time { seconds: 1736179200 } }");
  const std::string rep = authority_.Token("acme", "user:rep", {"sales_rep"});
  EXPECT_THAT(
      (Call<v1::Activity, v1::GetActivityRequest>(
          "ActivityService.GetActivity", "name: 'activities/secret'", rep)),
      StatusIs(absl::StatusCode::kNotFound, "RESOURCE_NOT_FOUND"));

  const auto answer = Call<v1::GetFreeBusyResponse, v1::GetFreeBusyRequest>(
      "ActivityService.GetFreeBusy",
      "subjects: 'user:boss' start_time { seconds: 1736170000 } "
      "end_time { seconds: 1736180000 }",
      rep);

  ASSERT_THAT(answer, IsOk());
  EXPECT_THAT(*answer,
              EqualsProto("free_busy { subject: 'user:boss' busy_intervals { "
                          "start_time { seconds: 1736175600 } "
                          "end_time { seconds: 1736179200 } } }"));
}

}  // namespace
}  // namespace crm::testing
