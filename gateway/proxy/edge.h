// What the public port does with a request: who is it, what is meant, and which
// exchange serves it.

#ifndef CRM_GATEWAY_PROXY_EDGE_H_
#define CRM_GATEWAY_PROXY_EDGE_H_

#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "gateway/http/event_loop.h"
#include "gateway/http/exchange.h"
#include "gateway/policy/call_record.h"
#include "gateway/policy/cors.h"
#include "gateway/policy/credentials.h"
#include "gateway/proxy/backend.h"
#include "gateway/proxy/message_call.h"
#include "gateway/proxy/pages.h"
#include "gateway/proxy/static_files.h"
#include "gateway/routing/route_table.h"
#include "gateway/transcode/transcoder.h"
#include "shared/base/clock.h"
#include "shared/observe/trace_context.h"

namespace crm::gateway {

// What requests are served with. All that is referred to must outlive the edge.
struct EdgeParts {
  EventLoop& loop;
  const Clock& clock;
  CallLedger ledger;
  TraceMaker& traces;
  const RouteTable& routes;
  const Transcoder& transcoder;
  VerifyToken verify;
  // The backends, by service, as `operational`.
  std::map<std::string, Backend*, std::less<>> backends;
  // The services of the gateway itself, by full name, as
  // `crm.profile.v1.ProfileService`.
  std::map<std::string, CallTarget*, std::less<>> local;
  // The same for those that need no credential: reflection and health.
  std::map<std::string, CallTarget*, std::less<>> open;
  // Pages that anyone may read.
  const Pages& pages;
  // Files that anyone may read.
  const StaticFiles& console;
  // The web pages that may call from browsers.
  CorsPolicy cors;
};

// Makes the exchanges of the public port. Loop thread only.
class Edge {
 public:
  explicit Edge(EdgeParts parts) : parts_(std::move(parts)) {}

  // Is the ExchangeFactory of the public listener.
  std::unique_ptr<Exchange> Serve(RequestHead head, ResponseWriter& writer);

 private:
  // Serves a request in whichever of the protocols it is written.
  std::unique_ptr<Exchange> ServeProtocol(RequestHead head,
                                          ResponseWriter& writer);
  // Answers a browser that asks whether a page may call.
  std::unique_ptr<Exchange> AnswerPreflight(const RequestHead& head,
                                            ResponseWriter& writer);
  // `transport` is what the call is recorded as.
  std::unique_ptr<Exchange> ServeGrpc(RequestHead head, ResponseWriter& writer,
                                      absl::string_view transport);
  std::unique_ptr<Exchange> ServeRest(RequestHead head, ResponseWriter& writer);

  const EdgeParts parts_;
};

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_PROXY_EDGE_H_
