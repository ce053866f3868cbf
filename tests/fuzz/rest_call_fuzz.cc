// REST calls: whatever path, query and body say, what comes of them is a
// request message of the method that was found, and the same each time.
//
// The input has four lines and a body: HTTP method, path, query, If-Match.

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "crm/operational/v1/customer.pb.h"
#include "crm/operational/v1/lead.pb.h"
#include "crm/operational/v1/order.pb.h"
#include "gateway/transcode/json_check.h"
#include "gateway/transcode/protobuf_transcoder.h"
#include "gateway/transcode/rest_request.h"
#include "tests/fuzz/fuzz_input.h"

namespace crm::gateway {
namespace {

using crm::testing::Expect;
using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

struct Api {
  ProtobufTranscoder transcoder{*DescriptorPool::generated_pool()};
  RouteTable routes = *RouteTable::Build(
      {operational::v1::Customer::descriptor()->file()->service(0),
       operational::v1::Lead::descriptor()->file()->service(0),
       operational::v1::Order::descriptor()->file()->service(0)});
};

void CheckCall(absl::string_view text) {
  static const auto& api = *new Api();
  const std::vector<absl::string_view> lines =
      absl::StrSplit(text, absl::MaxSplits('\n', 4));
  const auto line = [&lines](size_t i) {
    return i < lines.size() ? lines[i] : absl::string_view();
  };
  const auto match = api.routes.Match(line(0), line(1));
  if (!match.ok()) return;
  const auto* type = match->route->target->method->input_type();
  const Message& prototype =
      *MessageFactory::generated_factory()->GetPrototype(type);
  const RestParts parts = {
      .query = line(2), .body = line(4), .if_match = line(3)};
  const auto woven = WeaveRequest(api.transcoder, *match, parts, prototype);
  const auto again = WeaveRequest(api.transcoder, *match, parts, prototype);
  Expect(woven.ok() == again.ok(), "an answer that changes");
  if (!woven.ok()) return;
  Expect(*woven == *again, "a request that changes");
  const std::unique_ptr<Message> request(prototype.New());
  Expect(request->ParseFromString(*woven), "no message of the method");
  if (match->route->whole_body && !parts.body.empty()) {
    Expect(CheckJson(parts.body, *type).ok(), "a body that does not pass");
  }
}

}  // namespace
}  // namespace crm::gateway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  crm::gateway::CheckCall({reinterpret_cast<const char*>(data), size});
  return 0;
}
