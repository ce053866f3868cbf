#include "services/host/store_commands.h"

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "crm/operational/v1/customer.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/operational/app.h"
#include "tests/support/matchers.h"
#include "tests/support/service_harness.h"

namespace crm::testing {
namespace {

namespace v1 = ::crm::operational::v1;
using ::testing::HasSubstr;

// Whatever the engine of the run: these commands are about files.
void OnSqlite(HostSettings& settings) { settings.database.clear(); }

StoreCommand Take(std::vector<std::string> words,
                  std::vector<std::string>& left) {
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  int argc = static_cast<int>(pointers.size());
  char** argv = pointers.data();
  const StoreCommand command = TakeStoreCommand(argc, argv);
  left.assign(argv, argv + argc);
  return command;
}

TEST(TakeStoreCommand, LeavesWhatIsNoCommandToTheFlags) {
  using Kind = StoreCommand::Kind;
  const struct {
    std::vector<std::string> words;
    Kind kind;
    std::string backup;
    std::vector<std::string> left;
  } cases[] = {
      {{"sales"}, Kind::kNone, "", {"sales"}},
      {{"sales", "--x=1"}, Kind::kNone, "", {"sales", "--x=1"}},
      {{"sales", "backups", "--x=1"}, Kind::kBackups, "", {"sales", "--x=1"}},
      {{"sales", "restore"}, Kind::kRestore, "", {"sales"}},
      {{"sales", "new-epoch", "--x=1"},
       Kind::kNewEpoch,
       "",
       {"sales", "--x=1"}},
      {{"sales", "restore", "--x=1"}, Kind::kRestore, "", {"sales", "--x=1"}},
      {{"sales", "restore", "b1", "--x=1"},
       Kind::kRestore,
       "b1",
       {"sales", "--x=1"}},
  };
  for (const auto& item : cases) {
    std::vector<std::string> left;
    const StoreCommand command = Take(item.words, left);
    EXPECT_EQ(command.kind, item.kind);
    EXPECT_EQ(command.backup, item.backup);
    EXPECT_EQ(left, item.left);
  }
}

TEST(RunStoreCommand, LeavesAStoreOnAServerAlone) {
  HostSettings settings;
  settings.database = "postgres://crm@127.0.0.1/crm";
  std::ostringstream out;

  EXPECT_THAT(
      RunStoreCommand({StoreCommand::Kind::kRestore}, settings, SystemClock(),
                      out),
      StatusIs(absl::StatusCode::kFailedPrecondition, "STORE_ON_A_SERVER"));
}

TEST(RunStoreCommand, ListsAndRestoresWhatARunningServiceBackedUp) {
  TestAuthority authority;
  const std::string token = authority.Token("acme", "user:ada", {"everyone"});
  const SystemClock clock;
  auto service = std::make_unique<ServiceHarness>(
      authority, "operational", operational::MakeOperational, OnSqlite);
  const HostSettings settings = service->settings();
  const auto create = [&](const std::string& id) {
    v1::CreateCustomerRequest request;
    request.set_customer_id(id);
    request.mutable_customer()->set_display_name(id);
    request.mutable_customer()->set_kind(v1::Customer::PERSON);
    EXPECT_THAT(service->client().Call<v1::Customer>(
                    "crm.operational.v1.CustomerService.CreateCustomer",
                    request, {.token = token}),
                IsOk());
  };
  create("first");
  // The service may have taken its first backup before the customer was there.
  ASSERT_THAT(CreateBackup(BackupPlaceOf(settings), clock.Now()), IsOk());
  create("second");

  std::ostringstream out;
  EXPECT_THAT(
      RunStoreCommand({StoreCommand::Kind::kRestore}, settings, clock, out),
      StatusIs(absl::StatusCode::kFailedPrecondition, "DATABASE_LOCKED"));
  service.reset();
  EXPECT_THAT(
      RunStoreCommand({StoreCommand::Kind::kBackups}, settings, clock, out),
      IsOk());
  EXPECT_THAT(out.str(), HasSubstr("operational-"));
  EXPECT_THAT(
      RunStoreCommand({StoreCommand::Kind::kRestore}, settings, clock, out),
      IsOk());
  EXPECT_THAT(out.str(), HasSubstr("Restored operational-"));

  service = std::make_unique<ServiceHarness>(
      authority, "operational", operational::MakeOperational, OnSqlite);
  const auto customers = service->client().Call<v1::ListCustomersResponse>(
      "crm.operational.v1.CustomerService.ListCustomers",
      v1::ListCustomersRequest(), {.token = token});
  ASSERT_THAT(customers, IsOk());
  ASSERT_EQ(customers->customers_size(), 1);
  EXPECT_EQ(customers->customers(0).name(), "customers/first");
}

}  // namespace
}  // namespace crm::testing
