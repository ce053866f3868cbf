// Contact points: what is normalised once stays as it is, and keeps within the
// bounds that the wire and the database have. The input is a byte for the type,
// one for the region, and the value.

#include <string>

#include "services/operational/domain/identity/contact_point.h"
#include "services/operational/domain/identity/email_address.h"
#include "services/operational/domain/identity/web_domain.h"
#include "shared/base/errors.h"
#include "shared/query/utf8.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm::operational {
namespace {

using ::crm::testing::Expect;
using ::crm::testing::FuzzInput;

void CheckContactPoint(FuzzInput input) {
  static constexpr absl::string_view kRegions[] = {"", "US", "DE", "XX"};
  const auto type = static_cast<v1::Identifier::Type>(input.Below(8));
  const absl::string_view region = kRegions[input.Below(4)];
  const RawContactPoint raw{type, std::string(input.Rest())};
  NameKey(raw.value);

  const auto point = NormalizeContactPoint(raw, region, "point");
  if (!point.ok()) {
    Expect(FieldViolations(point.status()).size() == 1, "no violation");
    return;
  }
  Expect(point->type == type, "another type");
  Expect(!point->value.empty() && !point->match_key.empty(), "an empty form");
  Expect(FindInvalidUtf8(point->value) == absl::string_view::npos,
         "a value that is no UTF-8");
  Expect(point->value.size() <= kMaxIdentifierBytes, "a long value");
  if (type == v1::Identifier::EMAIL) {
    Expect(point->value.size() <= kMaxEmailBytes, "a long address");
  }
  const auto again = NormalizeContactPoint({type, point->value}, "", "point");
  Expect(again.ok(), "a normal form that is refused");
  Expect(again->value == point->value, "a normal form that changes");
  Expect(again->match_key == point->match_key, "a key that changes");
}

}  // namespace
}  // namespace crm::operational

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::operational::CheckContactPoint({data, size});
  return 0;
}
