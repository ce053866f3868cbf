// The engines that the tests of this folder run on.

#ifndef CRM_TESTS_SHARED_STORAGE_ENGINES_H_
#define CRM_TESTS_SHARED_STORAGE_ENGINES_H_

#include "tests/shared/storage/database_contract.h"

namespace crm::testing {

// A database file in the folder.
Engine SqliteEngine();

// A database of its own for each folder, on the shared server. One connection
// writes, so that a test can hold it.
Engine PostgresEngine();

// The one that CRM_TEST_DATABASE names.
Engine EngineUnderTest();

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_STORAGE_ENGINES_H_
