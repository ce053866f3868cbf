// Mutual TLS between the suite's processes, as gRPC takes it. Both sides show
// the identity of a TlsFolder and believe its authorities; a file that changes
// is in force for the next connection.

#ifndef CRM_SHARED_RPC_TLS_CREDENTIALS_H_
#define CRM_SHARED_RPC_TLS_CREDENTIALS_H_

#include <memory>

#include "absl/strings/string_view.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "shared/auth/tls_folder.h"

namespace crm {

// Has every gRPC connection of this process use TLS 1.3 or none. gRPC 1.51 has
// no setting for it: this leaves TLS 1.2 a cipher suite that no certificate
// fits, by an environment variable that gRPC reads once. Called before the
// first connection, while the process has one thread.
void RequireTls13();

// Returns the credentials of a server that takes only callers with a
// certificate of the suite. `folder` outlives the server.
std::shared_ptr<grpc::ServerCredentials> TlsServerCredentials(
    TlsFolder& folder);

// Returns the credentials for calls, as `identity`, to `service` in the same
// namespace and to nobody else.
std::shared_ptr<grpc::ChannelCredentials> TlsChannelCredentials(
    const TlsIdentity& identity, absl::string_view service);

}  // namespace crm

#endif  // CRM_SHARED_RPC_TLS_CREDENTIALS_H_
