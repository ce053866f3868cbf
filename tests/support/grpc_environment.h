// Ends gRPC before a test program ends. Threads of gRPC outlive the server or
// channel that they worked for: one that still takes down a refused handshake
// while the process exits frees nothing any more, which looks like a leak.

#ifndef CRM_TESTS_SUPPORT_GRPC_ENVIRONMENT_H_
#define CRM_TESTS_SUPPORT_GRPC_ENVIRONMENT_H_

namespace crm::testing {

// Starts gRPC before the first test, and after the last one waits until all of
// it is down. For initializers of globals; returns true.
bool EndGrpcWithTheTests();

}  // namespace crm::testing

#endif  // CRM_TESTS_SUPPORT_GRPC_ENVIRONMENT_H_
