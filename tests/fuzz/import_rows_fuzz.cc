// Rows of imports: whatever comes, every byte is worked on, and rows are the
// same wherever the parts of the input end.

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "crm/internal/v1/import_record.pb.h"
#include "crm/operational/v1/contact.pb.h"
#include "shared/base/errors.h"
#include "shared/resource/catalog.h"
#include "shared/resource/import_mapping.h"
#include "shared/resource/import_rows.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm {
namespace {

using ::crm::internal::v1::ImportCheckpoint;
using ::crm::platform::v1::ImportColumn;
using ::crm::platform::v1::ImportPlan;
using testing::Expect;
using testing::FuzzInput;

// What came of an input: each row in words, and why it ended.
using Outcome = std::pair<std::vector<std::string>, std::string>;

const ResourceCatalog& Catalog() {
  static const ResourceCatalog* const kCatalog = [] {
    auto* catalog = new ResourceCatalog;
    Expect(catalog->Add(operational::v1::Contact::descriptor()).ok(),
           "a contact that is no resource");
    return catalog;
  }();
  return *kCatalog;
}

void AddColumn(absl::string_view column, absl::string_view field,
               ImportPlan& plan) {
  ImportColumn& out = *plan.add_columns();
  out.set_column(std::string(column));
  out.set_field(std::string(field));
  out.set_optional(true);
}

ImportPlan PlanOf(FuzzInput& input) {
  static constexpr absl::string_view kDelimiters[] = {"", ",", ";", "|", "\t"};
  ImportPlan plan;
  const int kind = input.Below(3);
  plan.set_format(kind == 0 ? ImportPlan::CSV : ImportPlan::NDJSON);
  plan.set_delimiter(std::string(kDelimiters[input.Below(5)]));
  plan.set_system("old");
  if (kind == 2) return plan;
  AddColumn("k", "name", plan);
  plan.mutable_columns(0)->set_key(true);
  AddColumn("a", "display_name", plan);
  AddColumn("b", "display_name", plan);
  plan.mutable_columns(2)->set_join(true);
  AddColumn("m", "email", plan);
  AddColumn("l", "labels.l", plan);
  return plan;
}

std::string Told(const ImportRow& row) {
  return absl::StrCat(row.number, " ", ErrorReason(row.status), " ", row.text,
                      "\n",
                      row.status.ok() ? row.resource->ShortDebugString() : "");
}

// Reads what came in `parts`, of which the next one comes when there is nothing
// to do.
Outcome ReadAll(const ImportPlan& plan, const ImportMapping& mapping,
                const std::vector<std::string>& parts) {
  const Resource& contact =
      *Catalog().Find(operational::v1::Contact::descriptor());
  Outcome outcome;
  ImportCheckpoint checkpoint;
  checkpoint.set_part(1);
  size_t given = 1;
  for (;;) {
    ImportWindow window;
    window.offset = checkpoint.offset();
    for (auto i = static_cast<size_t>(checkpoint.part()); i <= given; ++i) {
      const size_t skipped =
          window.parts.empty() ? static_cast<size_t>(checkpoint.offset()) : 0;
      Expect(skipped <= parts[i - 1].size(), "an offset beyond its part");
      window.bytes += parts[i - 1].substr(skipped);
      window.parts.emplace_back(static_cast<int64_t>(i), window.bytes.size());
    }
    window.next_part = static_cast<int64_t>(given) + 1;
    window.at_end = given == parts.size();
    auto read = ReadImportRows(contact, plan, mapping, window, checkpoint);
    if (!read.ok()) {
      outcome.second = ErrorReason(read.status());
      return outcome;
    }
    Expect(read->size <= window.bytes.size(), "bytes that are not there");
    for (const ImportRow& row : read->rows) outcome.first.push_back(Told(row));
    AdvanceInput(window, read->size, checkpoint);
    if (read->finished) return outcome;
    if (read->size > 0) continue;
    Expect(!window.at_end, "an input that is never done");
    ++given;
  }
}

void CheckRows(FuzzInput input) {
  const ImportPlan plan = PlanOf(input);
  const auto mapping = ImportMapping::Build(
      Catalog(), *Catalog().Find(operational::v1::Contact::descriptor()), plan,
      ImportRules(),
      [](const auto&, absl::string_view) { return CustomFieldKind(); });
  if (!mapping.ok()) {
    Expect(plan.format() == ImportPlan::CSV, "a plan that was refused");
    return;
  }
  const size_t first = input.Byte();
  const size_t second = input.Byte();
  const std::string content(input.Rest());
  std::vector<std::string> parts;
  size_t begin = 0;
  for (const size_t size : {first, second, content.size()}) {
    parts.push_back(content.substr(begin, size));
    begin = std::min(begin + size, content.size());
  }

  const Outcome whole = ReadAll(plan, *mapping, {content});
  const Outcome parted = ReadAll(plan, *mapping, parts);

  Expect(whole == parted, "rows that depend on the parts they came in");
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckRows({data, size});
  return 0;
}
