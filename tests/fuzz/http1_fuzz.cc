// HTTP/1.1 requests: a head that passes the checks holds nothing that another
// reader would take for another request, and the body is the same however its
// bytes are cut.
//
// The first byte says how long the pieces of the body are, the second how much
// of it is allowed.

#include <algorithm>
#include <string>

#include "gateway/http/h1_parser.h"
#include "gateway/http/request_rules.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm::gateway {
namespace {

using crm::testing::Expect;
using crm::testing::FuzzInput;

struct Outcome {
  H1Parser::Result result = H1Parser::Result::kMalformed;
  std::string body;
  // What of the bytes is not of this request.
  absl::string_view rest;
  RequestHead head;
};

Outcome Parse(absl::string_view head, absl::string_view bytes, size_t piece,
              size_t max_body) {
  Outcome outcome;
  H1Parser parser(max_body, [&outcome](absl::string_view chunk) {
    outcome.body.append(chunk.data(), chunk.size());
  });
  outcome.result = parser.ParseHead(head);
  if (outcome.result != H1Parser::Result::kMalformed &&
      outcome.result != H1Parser::Result::kBodyTooLarge) {
    outcome.head = parser.TakeHead();
  }
  // What is not taken is given again, with more behind it.
  size_t given = std::min(piece, bytes.size());
  while (outcome.result == H1Parser::Result::kNeedMore && given > 0) {
    size_t taken = 0;
    outcome.result = parser.ParseBody(bytes.substr(0, given), taken);
    Expect(taken <= given, "more taken than there was");
    bytes.remove_prefix(taken);
    const size_t kept = given - taken;
    if (kept == bytes.size() && outcome.result == H1Parser::Result::kNeedMore) {
      break;
    }
    given = std::min(kept + piece, bytes.size());
  }
  outcome.rest = bytes;
  return outcome;
}

void CheckHead(const RequestHead& head) {
  for (const Header& header : head.headers) {
    Expect(!IsConnectionHeader(header.name), "a header of the connection");
    Expect(header.value.find_first_of("\r\n") == std::string::npos,
           "a value of several lines");
  }
}

void CheckRequestBytes(FuzzInput input) {
  const size_t piece = 1 + input.Byte();
  const size_t max_body = input.Byte();
  const absl::string_view bytes = input.Rest();
  const size_t end = bytes.find("\r\n\r\n");
  const absl::string_view head =
      end == absl::string_view::npos ? bytes : bytes.substr(0, end + 4);
  if (CheckH1Head(head) != 0) return;
  const absl::string_view body = bytes.substr(head.size());
  const Outcome whole =
      Parse(head, body, std::max<size_t>(body.size(), 1), max_body);
  const Outcome pieces = Parse(head, body, piece, max_body);
  // What is wrong may be seen only once more has come.
  const bool complete = whole.result == H1Parser::Result::kComplete;
  Expect(complete == (pieces.result == H1Parser::Result::kComplete),
         "an end that depends on the pieces");
  Expect(whole.body.size() <= max_body, "a body beyond what is allowed");
  if (complete) {
    Expect(whole.body == pieces.body, "a body that depends on the pieces");
    Expect(whole.rest == pieces.rest, "an end that depends on the pieces");
  }
  CheckHead(whole.head);
  CheckRequest(whole.head);
}

}  // namespace
}  // namespace crm::gateway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::gateway::CheckRequestBytes({data, size});
  return 0;
}
