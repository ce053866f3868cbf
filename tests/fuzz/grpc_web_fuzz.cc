// Bodies and content types of gRPC-Web: base64 gives the same bytes, or the
// same refusal, however it is cut, and never a byte more than it can hold.
//
// The first byte says how long the pieces are.

#include <algorithm>
#include <string>

#include "gateway/transcode/grpc_web_wire.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm::gateway {
namespace {

using crm::testing::Expect;
using crm::testing::FuzzInput;

// Returns the bytes of `text`, read in pieces.
absl::StatusOr<std::string> Read(absl::string_view text, size_t piece) {
  Base64Reader reader;
  std::string bytes;
  while (!text.empty()) {
    absl::StatusOr<std::string> more = reader.Append(text.substr(0, piece));
    if (!more.ok()) return more;
    bytes += *more;
    text.remove_prefix(std::min(piece, text.size()));
  }
  return bytes;
}

void CheckBody(FuzzInput input) {
  const size_t piece = 1 + input.Byte();
  const absl::string_view text = input.Rest();
  const auto whole = Read(text, std::max<size_t>(text.size(), 1));
  const auto pieces = Read(text, piece);
  Expect(whole.ok() == pieces.ok(), "a refusal that depends on the pieces");
  if (whole.ok()) {
    Expect(*whole == *pieces, "bytes that depend on the pieces");
    Expect(whole->size() <= text.size() / 4 * 3, "more bytes than there are");
  }
  if (const auto type = ParseGrpcWebType(text)) {
    Expect(ParseGrpcWebType(GrpcWebContentType(*type)).has_value(),
           "an answer of another protocol");
  }
  const std::string frame = GrpcWebTrailersFrame({{"name", std::string(text)}});
  const auto breaks = std::count(frame.begin() + 5, frame.end(), '\n');
  Expect(breaks == 1, "a trailer of two lines");
}

}  // namespace
}  // namespace crm::gateway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::gateway::CheckBody({data, size});
  return 0;
}
