// The frames, statuses and timeouts of gRPC: messages are the same however
// their bytes are cut, and what we say of a status or a time is read as it was.
//
// The first byte says how long the pieces are.

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gateway/transcode/grpc_wire.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm::gateway {
namespace {

using crm::testing::Expect;
using crm::testing::FuzzInput;

struct Messages {
  std::vector<std::string> all;
  absl::StatusCode end = absl::StatusCode::kOk;
  bool whole = false;
};

Messages Read(absl::string_view bytes, size_t piece) {
  GrpcFrameReader reader;
  Messages messages;
  while (!bytes.empty() && messages.end == absl::StatusCode::kOk) {
    reader.Append(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    auto next = reader.Next();
    for (; next.ok() && next->has_value(); next = reader.Next()) {
      messages.all.push_back(**next);
    }
    messages.end = next.status().code();
  }
  messages.whole = reader.empty();
  return messages;
}

void CheckFrames(absl::string_view bytes, size_t piece) {
  const Messages whole = Read(bytes, std::max<size_t>(bytes.size(), 1));
  const Messages pieces = Read(bytes, piece);
  Expect(whole.all == pieces.all, "messages that depend on the pieces");
  Expect(whole.end == pieces.end, "a refusal that depends on the pieces");
  std::string again;
  for (const std::string& message : whole.all) again += GrpcFrame(message);
  Expect(bytes.substr(0, again.size()) == again, "a message that did not come");
  if (whole.end == absl::StatusCode::kOk && whole.whole) {
    Expect(again.size() == bytes.size(), "a message that was lost");
  }
}

// `text` has a line for each trailer.
void CheckTrailers(absl::string_view text) {
  std::vector<std::string> lines = absl::StrSplit(text, '\n');
  lines.resize(3);
  const absl::Status status =
      StatusFromTrailers(&lines[0], &lines[1], &lines[2]);
  const GrpcTrailers trailers = StatusTrailers(status);
  const auto find = [&trailers](absl::string_view name) -> const std::string* {
    for (const auto& [key, value] : trailers) {
      if (key == name) return &value;
    }
    return nullptr;
  };
  for (const auto& [name, value] : trailers) {
    Expect(std::all_of(value.begin(), value.end(),
                       [](char c) { return c >= ' ' && c <= '~'; }),
           "a trailer that cannot be sent");
  }
  const absl::Status again =
      StatusFromTrailers(find("grpc-status"), find("grpc-message"),
                         find("grpc-status-details-bin"));
  Expect(again.code() == status.code(), "another code");
}

void CheckTimeout(absl::string_view text) {
  const auto timeout = ParseGrpcTimeout(text);
  if (!timeout.has_value()) return;
  const auto again = ParseGrpcTimeout(FormatGrpcTimeout(*timeout));
  // What is less than a millisecond becomes one.
  Expect(
      again.has_value() && *again <= std::max(*timeout, absl::Milliseconds(1)),
      "more time than was given");
}

}  // namespace
}  // namespace crm::gateway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::testing::FuzzInput input(data, size);
  const size_t piece = 1 + input.Byte();
  const absl::string_view rest = input.Rest();
  crm::gateway::CheckFrames(rest, piece);
  crm::gateway::CheckTrailers(rest);
  crm::gateway::CheckTimeout(rest);
  return 0;
}
