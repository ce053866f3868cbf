// Key sets, of files and of issuers: malformed ones are refused whole, good ones
// stay within limits.

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

// The same text as an issuer would publish it: its keys are its own alone.
void CheckIssuersKeys(absl::string_view text) {
  const auto keys = KeySet::ParseOf("idp", text);
  if (!keys.ok()) {
    Expect(absl::IsInvalidArgument(keys.status()), "the code of a refusal");
    return;
  }
  Expect(text.size() <= kMaxKeySetBytes, "a key set that is too large");
  Expect(keys->size() <= kMaxKeys, "too many keys");
  for (const char* id : {"", "none", "ed", "es", "p256"}) {
    Expect(keys->Find("https://login.example.com", id) == nullptr,
           "a key of another issuer");
  }
  Expect(keys->Find("idp", "") == nullptr, "a key without an id");
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckKeySet({reinterpret_cast<const char*>(data), size});
  crm::CheckIssuersKeys({reinterpret_cast<const char*>(data), size});
  return 0;
}
