// Which web pages may call the gateway from a browser (CORS, of the Fetch
// standard). Credentials are tokens that a page sends itself, never cookies, so
// a page that is let in can do no more than its user's token.

#ifndef CRM_GATEWAY_POLICY_CORS_H_
#define CRM_GATEWAY_POLICY_CORS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gateway/http/exchange.h"

namespace crm::gateway {

// The origins that are let in, as `https://crm.example.com`; `*` lets in all,
// an empty list none. Immutable.
class CorsPolicy {
 public:
  explicit CorsPolicy(std::vector<std::string> origins)
      : origins_(std::move(origins)) {}

  // Returns INVALID_ARGUMENT (BAD_CONFIG) that names an origin which is none:
  // what is neither `*` nor scheme, host and port alone.
  static absl::Status Check(const std::vector<std::string>& origins);

  // Whether pages of `origin` are let in; empty is no origin.
  bool Allows(absl::string_view origin) const;

  // Returns the headers by which an answer to a page of `origin`, which is
  // allowed, lets the page read it.
  Headers AnswerHeaders(absl::string_view origin) const;

  // Returns the headers that answer a browser's question before a call.
  Headers PreflightHeaders(absl::string_view origin) const;

 private:
  const std::vector<std::string> origins_;
};

// Whether `head` is such a question.
bool IsPreflight(const RequestHead& head);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_POLICY_CORS_H_
