// Where a call goes: REST paths and gRPC paths to methods, and methods to the
// process that serves them. Built once, from descriptors.

#ifndef CRM_GATEWAY_ROUTING_ROUTE_TABLE_H_
#define CRM_GATEWAY_ROUTING_ROUTE_TABLE_H_

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "gateway/routing/http_template.h"
#include "google/protobuf/descriptor.h"

namespace crm::gateway {

// The fields from a request message down to the one that is meant.
using FieldPath = std::vector<const google::protobuf::FieldDescriptor*>;

// One method that the gateway offers.
struct MethodRoute {
  const google::protobuf::MethodDescriptor* method = nullptr;
  // The path on the wire, as `/crm.operational.v1.LeadService/GetLead`.
  std::string grpc_path;
  // The second part of the package, as `operational`; empty for the services
  // that the gateway answers itself (crm.profile, crm.platform).
  std::string backend;
};

// One binding of a method to HTTP.
struct RestRoute {
  const MethodRoute* target = nullptr;
  std::string http_method;
  // The template as it was written.
  std::string pattern;
  HttpTemplate path;
  // The fields that `path.variables` name, in their order.
  std::vector<FieldPath> variable_fields;
  // What the body holds: the whole request (`whole_body`), one field of it
  // (`body_field`), or nothing.
  bool whole_body = false;
  const google::protobuf::FieldDescriptor* body_field = nullptr;
  // The field of the response that is answered with; null for all of it.
  const google::protobuf::FieldDescriptor* response_field = nullptr;
};

// A REST call that found its method.
struct RestMatch {
  // Never null.
  const RestRoute* route = nullptr;
  // The values of `route->path.variables`, decoded, in their order.
  std::vector<std::string> values;
};

// The routes. Immutable.
class RouteTable {
 public:
  // Reads the routes of `services`. Returns FAILED_PRECONDITION (BAD_ROUTES)
  // that names every method without an http rule, with a template that does not
  // parse, with a variable, body or response body that is no such field, and
  // every pair of methods that claim the same path. Services of crm.internal
  // are refused: the outside must not reach them.
  static absl::StatusOr<RouteTable> Build(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  RouteTable(RouteTable&&);
  RouteTable& operator=(RouteTable&&);
  ~RouteTable();

  // Finds the method of a REST call; `path` has no query. A literal segment is
  // preferred to `*`, and that to `**`. Returns INVALID_ARGUMENT (BAD_URL) for
  // a malformed path, NOT_FOUND (ROUTE_NOT_FOUND) for an unknown one, and
  // UNIMPLEMENTED (METHOD_NOT_ALLOWED) with `allow` in the metadata for a known
  // one that has no such HTTP method.
  absl::StatusOr<RestMatch> Match(absl::string_view http_method,
                                  absl::string_view path) const;

  // Returns the method at a gRPC path, or null.
  const MethodRoute* FindGrpc(absl::string_view grpc_path) const;

  // The methods, by gRPC path.
  const std::map<std::string, MethodRoute, std::less<>>& methods() const {
    return methods_;
  }

  // The REST bindings, in the order of the services' methods.
  const std::vector<std::unique_ptr<RestRoute>>& rest_routes() const {
    return rest_routes_;
  }

 private:
  struct Node;
  class Builder;

  RouteTable();

  std::map<std::string, MethodRoute, std::less<>> methods_;
  std::vector<std::unique_ptr<RestRoute>> rest_routes_;
  std::unique_ptr<Node> root_;
};

// Returns the fields that `path` (`lead.name`, or lowerCamelCase) names in
// `message`, or an empty path when there are none.
FieldPath FindFieldPath(const google::protobuf::Descriptor& message,
                        absl::string_view path);

// Returns the backend of `service`: the second part of its package, or "" for
// what the gateway serves itself.
std::string BackendOf(const google::protobuf::ServiceDescriptor& service);

}  // namespace crm::gateway

#endif  // CRM_GATEWAY_ROUTING_ROUTE_TABLE_H_
