// Page and consistency tokens: what we did not make is refused, what we made
// comes back.

#include <string>

#include "shared/call/consistency_token.h"
#include "shared/query/page_token.h"
#include "shared/query/sql_value_codec.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm {
namespace {

using testing::Expect;

constexpr absl::string_view kSecret = "0123456789abcdef0123456789abcdef";

void CheckTokens(absl::string_view text) {
  const FakeClock clock(absl::FromUnixSeconds(1'700'000'000));
  const PageTokenCodec codec(kSecret, clock);
  Expect(!codec.Decode(text, "binding").ok(), "a page token of no codec");
  Expect(!DecodeConsistencyToken(text, kSecret).ok(),
         "a consistency token of nobody");

  const auto token = codec.Encode(text, "binding");
  if (token.ok()) {
    Expect(token->size() <= kMaxPageTokenBytes, "the length of a token");
    const auto state = codec.Decode(*token, "binding");
    Expect(state.ok() && *state == text,
           "a token does not give its state back");
    Expect(!codec.Decode(*token, "other").ok(), "a token of another list");
  }

  const auto values = DecodeSqlValues(text);
  if (values.ok()) {
    Expect(EncodeSqlValues(*values) == text, "two encodings of one state");
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckTokens({reinterpret_cast<const char*>(data), size});
  return 0;
}
