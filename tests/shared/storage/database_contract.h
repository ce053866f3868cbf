// What every engine of Database must do, as tests over a parameter. An engine
// joins by instantiating DatabaseContract with how it is opened.

#ifndef CRM_TESTS_SHARED_STORAGE_DATABASE_CONTRACT_H_
#define CRM_TESTS_SHARED_STORAGE_DATABASE_CONTRACT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"

namespace crm::testing {

// How an engine is opened on an empty folder, and again after it was closed.
struct Engine {
  std::string name;
  // Whether several may have it open at once.
  bool shared = false;
  std::function<absl::StatusOr<std::unique_ptr<Database>>(
      const std::string& folder, const Clock& clock)>
      open;
};

// Opens the engine in a folder of its own, with the table `items` in it.
class DatabaseContract : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override;
  void TearDown() override;

  // Closes the database and opens it again.
  void Reopen();

  absl::Time Soon() const { return clock_.Now() + absl::Seconds(30); }

  // Stores an item and waits.
  absl::Status Insert(int64_t id, const std::string& email);

  // Returns how many items there are, or -1.
  int64_t CountItems();

  std::string folder_;
  FakeClock clock_{absl::FromUnixSeconds(1'700'000'000)};
  std::unique_ptr<Database> database_;
};

// The schema of the contract's tests: `items` with every type of column.
SqlSchema ItemSchema();

// Makes an empty folder that no other test uses.
std::string MakeFolder();

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_STORAGE_DATABASE_CONTRACT_H_
