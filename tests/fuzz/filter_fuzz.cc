// Filters: what parses must select the same rows in SQL as on messages.

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "shared/query/filter.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/shared/query/specimen_table.h"

namespace crm {
namespace {

using query_test::Specimen;
using testing::Expect;

constexpr int kRows = 24;

// A fixed table, made once.
struct Rows {
  Rows() {
    std::mt19937 random(7);
    for (int i = 0; i < kRows; ++i) {
      specimens.push_back(RandomSpecimen(i, random));
      table.Insert(specimens.back());
    }
  }

  SpecimenTable table;
  std::vector<Specimen> specimens;
};

Rows& SharedRows() {
  static auto& rows = *new Rows;
  return rows;
}

void CheckFilter(absl::string_view text) {
  const auto filter = Filter::Parse(text, Specimen::descriptor());
  if (!filter.ok()) {
    Expect(absl::IsInvalidArgument(filter.status()), "the code of a refusal");
    return;
  }
  Rows& rows = SharedRows();
  const LoweredFilter lowered = filter->Lower(rows.table.columns());
  const std::vector<std::string> selected = rows.table.Names(lowered.where);
  for (const Specimen& specimen : rows.specimens) {
    const bool in_sql = std::find(selected.begin(), selected.end(),
                                  specimen.name()) != selected.end();
    if (filter->Matches(specimen)) {
      Expect(in_sql, "SQL leaves out a row that matches");
    } else if (lowered.exact) {
      Expect(!in_sql, "SQL selects a row that does not match");
    }
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckFilter({reinterpret_cast<const char*>(data), size});
  return 0;
}
