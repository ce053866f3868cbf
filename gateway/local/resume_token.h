// The resume token of a watch over all services: one token a service, each of
// which only that service understands.
//
//   w1.analytical:YTE.operational:b3A      (the parts in base64url)

#ifndef CRM_GATEWAY_LOCAL_RESUME_TOKEN_H_
#define CRM_GATEWAY_LOCAL_RESUME_TOKEN_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace crm::gateway {

// Tokens by service.
using ResumeTokens = std::map<std::string, std::string>;

std::string EncodeResumeToken(const ResumeTokens& tokens);

// Returns the parts of `text`, none for "". Returns INVALID_ARGUMENT
// (RESUME_TOKEN_INVALID) for what EncodeResumeToken does not make.
absl::StatusOr<ResumeTokens> DecodeResumeToken(absl::string_view text);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_LOCAL_RESUME_TOKEN_H_
