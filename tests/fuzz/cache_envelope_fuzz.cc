// Entries of the profile cache: what is read is exactly what was written, and
// newer entries win.

#include <string>

#include "shared/cache/slice_codec.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm {
namespace {

using testing::Expect;
using testing::FuzzInput;

void CheckEntry(FuzzInput input) {
  const std::string slice(input.Text());
  const std::string stored(input.Text());
  const absl::string_view entry = input.Rest();
  const auto envelope = DecodeSlice(slice, entry);
  if (envelope.has_value()) {
    // Fields come in any order, so the bytes need not be the same.
    const auto again = EncodeSlice(*envelope);
    Expect(again.ok(), "an entry that could not have been written");
    const auto reread = DecodeSlice(slice, *again);
    Expect(reread.has_value() &&
               reread->SerializeAsString() == envelope->SerializeAsString(),
           "an entry that changes when it is written again");
    Expect(envelope->slice() == slice, "an entry of another slice");
  }
  MayReplaceSlice(stored, entry);

  internal::v1::SliceEnvelope made;
  if (made.ParseFromArray(entry.data(), static_cast<int>(entry.size()))) {
    const auto encoded = EncodeSlice(made);
    if (encoded.ok()) {
      Expect(DecodeSlice(made.slice(), *encoded).has_value(),
             "an entry that cannot be read");
      Expect(MayReplaceSlice(stored, *encoded) ||
                 absl::string_view(*encoded).substr(0, kSliceRankBytes) <=
                     absl::string_view(stored).substr(0, kSliceRankBytes),
             "a newer entry that may not replace");
    }
  }
}

}  // namespace
}  // namespace crm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::CheckEntry({data, size});
  return 0;
}
