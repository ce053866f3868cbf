// The statements that CreateCustomer runs, taken down from the kernel's own
// code, so that they can be run by others.

#ifndef CRM_TESTS_BENCH_RECORDED_WRITES_H_
#define CRM_TESTS_BENCH_RECORDED_WRITES_H_

#include <string>
#include <vector>

#include "shared/query/sql.h"
#include "shared/storage/schema.h"

namespace crm::bench {

struct RecordedStatement {
  std::string sql;
  std::vector<SqlValue> params;
  // Whether its answer is waited for before the next one is known.
  bool awaited = false;
};

struct RecordedWrites {
  // The store that they belong to.
  SqlSchema schema;
  // The statements of each call, without those that begin and end its
  // transaction.
  std::vector<std::vector<RecordedStatement>> calls;
};

// Creates `count` customers in a store of its own, the first with the number
// `first`, and returns what that took. Ends the program if it cannot.
RecordedWrites RecordCreateCustomer(int first, int count);

}  // namespace crm::bench

#endif  // CRM_TESTS_BENCH_RECORDED_WRITES_H_
