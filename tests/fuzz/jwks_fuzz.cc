// Key sets: malformed ones are refused whole, good ones stay within limits.

#include "shared/auth/key_set.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm {
namespace {

using testing::Expect;

void CheckKeySet(absl::string_view text) {
  const auto keys = KeySet::Parse(text);
  if (!keys.ok()) {
    Expect(absl::IsInvalidArgument(keys.status()), "the code of a refusal");
    return;
  }
  Expect(text.size() <= kMaxKeySetBytes, "a key set that is too large");
  Expect(keys->size() <= kMaxKeys, "too many keys");
  Expect(keys->Find("nobody", "none") == nullptr, "a key of nobody");
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckKeySet({reinterpret_cast<const char*>(data), size});
  return 0;
}
