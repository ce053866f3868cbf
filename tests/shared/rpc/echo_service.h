// A service made at run time for the tests of the RPC layer. All its messages
// are google.protobuf.StringValue.
//
//   Echo   unary              permission echo.say
//   Store  unary              permission echo.store
//   Inner  unary              permission internal.echo.read
//   Watch  server streaming   permission echo.watch
//   Talk   both ways          permission echo.talk

#ifndef CRM_TESTS_SHARED_RPC_ECHO_SERVICE_H_
#define CRM_TESTS_SHARED_RPC_ECHO_SERVICE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "shared/call/call.h"
#include "shared/call/duplex_stream.h"
#include "shared/call/method_table.h"

namespace crm::testing {

inline constexpr char kEchoService[] = "crm.test.v1.EchoService";
inline constexpr char kEcho[] = "/crm.test.v1.EchoService/Echo";
inline constexpr char kStore[] = "/crm.test.v1.EchoService/Store";
inline constexpr char kInner[] = "/crm.test.v1.EchoService/Inner";
inline constexpr char kWatch[] = "/crm.test.v1.EchoService/Watch";
inline constexpr char kTalk[] = "/crm.test.v1.EchoService/Talk";

// Returns the service and its methods; they live as long as the process.
const google::protobuf::ServiceDescriptor* EchoServiceDescriptor();
const MethodTable& EchoMethods();
const MethodInfo* EchoMethod(absl::string_view path);

// Returns `text` as a serialised StringValue, and back.
std::string Pack(absl::string_view text);
std::string Unpack(const std::string& bytes);

// A handler that answers with the request's own bytes.
UnaryHandler AnswerBack();

// What serves each method; an empty one answers back, or ends the stream.
struct EchoHandlers {
  UnaryHandler echo = nullptr;
  UnaryHandler store = nullptr;
  UnaryHandler inner = nullptr;
  StreamHandler watch = nullptr;
  DuplexHandler talk = nullptr;
  Placement placement = Placement::kPool;
  // Whether the unary methods count as Gets, which are registered with gRPC.
  bool as_gets = false;
};

// Returns the bindings of all methods.
std::vector<MethodBinding> Bind(EchoHandlers handlers);

}  // namespace crm::testing

#endif  // CRM_TESTS_SHARED_RPC_ECHO_SERVICE_H_
