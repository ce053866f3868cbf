// Resource names: a name that matches its pattern is put together again from
// its parts. The input is a pattern, a line break, and a name.

#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "shared/reflect/resource_name.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm {
namespace {

using testing::Expect;

void CheckName(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('\n', 1));
  const absl::string_view name = parts.second;
  const absl::string_view parent = ParentOf(name);
  Expect(parent.empty() || absl::StartsWith(name, parent), "a parent");
  if (!parent.empty()) {
    Expect(LiesUnder(name, parent), "a name outside its parent");
  }

  const auto pattern = NamePattern::Parse(parts.first);
  if (!pattern.ok()) return;
  Expect(!pattern->collections().empty(), "a pattern without collections");
  pattern->MatchesParent(name, /*wildcards=*/true);
  if (!pattern->Matches(name)) return;
  Expect(pattern->MatchesParent(parent, /*wildcards=*/false),
         "a name under a parent that does not match");
  Expect(pattern->Format(parent, IdOf(name)) == name,
         "a name that its parts do not make");
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckName({reinterpret_cast<const char*>(data), size});
  return 0;
}
