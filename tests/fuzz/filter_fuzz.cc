// Filters: what parses must select the same rows in SQL as on messages.

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "shared/query/filter.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/shared/query/specimen_table.h"

namespace crm {
namespace {

using query_test::Keeper;
using query_test::Specimen;
using testing::Expect;

constexpr int kRows = 24;
constexpr int kKeepers = 8;

// A fixed table, made once.
struct Rows {
  Rows() {
    std::mt19937 random(7);
    for (int i = 0; i < kKeepers; ++i) {
      keepers.push_back(RandomKeeper(i, random));
    }
    for (int i = 0; i < kRows; ++i) {
      specimens.push_back(RandomSpecimen(i, random));
    }
    table.Insert(keepers);
    table.Insert(specimens);
    for (const Keeper& keeper : keepers) {
      if (!keeper.has_delete_time()) by_name[keeper.name()] = &keeper;
    }
    for (const Specimen& specimen : specimens) {
      by_name[specimen.name()] = &specimen;
    }
  }

  SpecimenTable table;
  std::vector<Keeper> keepers;
  std::vector<Specimen> specimens;
  // What can be referred to.
  std::map<std::string, const google::protobuf::Message*> by_name;
};

Rows& SharedRows() {
  static auto& rows = *new Rows;
  return rows;
}

void CheckFilter(absl::string_view text) {
  Rows& rows = SharedRows();
  const auto filter = Filter::Parse(text, Specimen::descriptor(), "filter",
                                    rows.table.targets());
  if (!filter.ok()) {
    Expect(absl::IsInvalidArgument(filter.status()), "the code of a refusal");
    return;
  }
  const auto find =
      [&rows](const ReferenceTarget& target,
              const std::string& name) -> const google::protobuf::Message* {
    const auto found = rows.by_name.find(name);
    // A name of another type leads nowhere.
    return found != rows.by_name.end() &&
                   found->second->GetDescriptor() == target.message
               ? found->second
               : nullptr;
  };
  const LoweredFilter lowered = filter->Lower(rows.table.columns());
  const std::vector<std::string> selected = rows.table.Names(lowered.where);
  for (const Specimen& specimen : rows.specimens) {
    const bool in_sql = std::find(selected.begin(), selected.end(),
                                  specimen.name()) != selected.end();
    if (filter->Matches(specimen, find)) {
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
