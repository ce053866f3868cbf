// Opens a store on the engine under test.

#ifndef CRM_TESTS_SUPPORT_TEST_DATABASE_H_
#define CRM_TESTS_SUPPORT_TEST_DATABASE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "shared/base/clock.h"
#include "shared/storage/database.h"

namespace crm::testing {

// Opens the store `path`: a SQLite file or, with CRM_TEST_DATABASE=postgres, a
// database of the shared server that stands for it. The machine's clock when
// `clock` is null.
absl::StatusOr<std::unique_ptr<Database>> OpenEngineUnderTest(
    const std::string& path, const Clock* clock = nullptr);

// The same, but leases and timers go by `clock`, which outlives the store, as
// in a store without a clock of its own.
absl::StatusOr<std::unique_ptr<Database>> OpenEngineOnClock(
    const std::string& path, const Clock& clock);

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_TEST_DATABASE_H_
