#include "gateway/routing/route_table.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gateway/routing/path.h"
#include "google/api/annotations.pb.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {

using google::api::HttpRule;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

namespace {

struct HttpBinding {
  std::string method;
  std::string pattern;
};

std::optional<HttpBinding> BindingOf(const HttpRule& rule) {
  switch (rule.pattern_case()) {
    case HttpRule::kGet:
      return HttpBinding{"GET", rule.get()};
    case HttpRule::kPut:
      return HttpBinding{"PUT", rule.put()};
    case HttpRule::kPost:
      return HttpBinding{"POST", rule.post()};
    case HttpRule::kDelete:
      return HttpBinding{"DELETE", rule.delete_()};
    case HttpRule::kPatch:
      return HttpBinding{"PATCH", rule.patch()};
    case HttpRule::kCustom:
      return HttpBinding{rule.custom().kind(), rule.custom().path()};
    case HttpRule::PATTERN_NOT_SET:
      return std::nullopt;
  }
  return std::nullopt;
}

// Joins the segments that a variable covers. A slash inside one segment stays
// encoded when the variable covers several, as google/api/http.proto demands.
std::string VariableValue(const std::vector<std::string>& segments,
                          size_t begin, size_t end, bool several) {
  std::string value;
  for (size_t i = begin; i < end; ++i) {
    absl::StrAppend(&value, i == begin ? "" : "/",
                    several ? absl::StrReplaceAll(segments[i], {{"/", "%2F"}})
                            : segments[i]);
  }
  return value;
}

}  // namespace

// A position in the tree of path segments. A path visits each node at most
// once, so that a match costs no more than the table is large.
struct RouteTable::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::unique_ptr<Node> any;
  std::unique_ptr<Node> rest;
  // Routes that end here: verb to HTTP method to route.
  std::map<std::string, std::map<std::string, const RestRoute*, std::less<>>,
           std::less<>>
      routes;

  Node& Child(const TemplateSegment& segment) {
    std::unique_ptr<Node>& child =
        segment.kind == TemplateSegment::Kind::kLiteral ? literals[segment.text]
        : segment.kind == TemplateSegment::Kind::kAny   ? any
                                                        : rest;
    if (child == nullptr) child = std::make_unique<Node>();
    return *child;
  }

  // Finds the route of `http_method`, depth first. Collects the methods that
  // the path would have had in `allowed`.
  const RestRoute* Find(const RequestPath& path, size_t at,
                        absl::string_view http_method,
                        std::vector<std::string>& allowed) const {
    if (at == path.segments.size()) {
      if (const RestRoute* found = Ending(path, http_method, allowed)) {
        return found;
      }
    } else {
      if (const auto next = literals.find(path.segments[at]);
          next != literals.end()) {
        const RestRoute* found =
            next->second->Find(path, at + 1, http_method, allowed);
        if (found != nullptr) return found;
      }
      if (any != nullptr) {
        const RestRoute* found = any->Find(path, at + 1, http_method, allowed);
        if (found != nullptr) return found;
      }
    }
    return rest == nullptr ? nullptr : rest->Ending(path, http_method, allowed);
  }

  const RestRoute* Ending(const RequestPath& path,
                          absl::string_view http_method,
                          std::vector<std::string>& allowed) const {
    const auto by_verb = routes.find(path.verb);
    if (by_verb == routes.end()) return nullptr;
    const auto route = by_verb->second.find(http_method);
    if (route != by_verb->second.end()) return route->second;
    for (const auto& [method, unused] : by_verb->second) {
      allowed.push_back(method);
    }
    return nullptr;
  }
};

// Collects routes and everything that is wrong with them.
class RouteTable::Builder {
 public:
  explicit Builder(RouteTable& table) : table_(table) {}

  void AddService(const ServiceDescriptor& service) {
    if (absl::StartsWith(service.full_name(), "crm.internal.")) {
      Blame(service.full_name(), "is internal and must not be routed");
      return;
    }
    for (int i = 0; i < service.method_count(); ++i) {
      AddMethod(*service.method(i));
    }
  }

  absl::Status Finish() const {
    if (problems_.empty()) return absl::OkStatus();
    return FailedPrecondition(
        "BAD_ROUTES", absl::StrCat("The routes are wrong: ",
                                   absl::StrJoin(problems_, "; "), "."));
  }

 private:
  void Blame(absl::string_view name, absl::string_view problem) {
    problems_.push_back(absl::StrCat("'", name, "' ", problem));
  }

  void AddMethod(const MethodDescriptor& method) {
    const std::string path =
        absl::StrCat("/", method.service()->full_name(), "/", method.name());
    const MethodRoute& target =
        table_.methods_
            .emplace(path,
                     MethodRoute{&method, path, BackendOf(*method.service())})
            .first->second;
    const HttpRule& rule = method.options().GetExtension(google::api::http);
    AddRule(target, rule);
    for (const HttpRule& more : rule.additional_bindings()) {
      AddRule(target, more);
    }
  }

  void AddRule(const MethodRoute& target, const HttpRule& rule) {
    const std::string& name = target.method->full_name();
    const std::optional<HttpBinding> binding = BindingOf(rule);
    if (!binding.has_value()) {
      Blame(name, "has no google.api.http rule");
      return;
    }
    absl::StatusOr<HttpTemplate> path = ParseHttpTemplate(binding->pattern);
    if (!path.ok()) {
      Blame(name, path.status().message());
      return;
    }
    auto route = std::make_unique<RestRoute>();
    route->target = &target;
    route->http_method = binding->method;
    route->pattern = binding->pattern;
    route->path = *std::move(path);
    if (ResolveFields(rule, *route)) Insert(std::move(route));
  }

  bool ResolveFields(const HttpRule& rule, RestRoute& route) {
    const MethodDescriptor& method = *route.target->method;
    const Descriptor& request = *method.input_type();
    for (const TemplateVariable& variable : route.path.variables) {
      FieldPath fields = FindFieldPath(request, variable.field_path);
      if (fields.empty() || fields.back()->is_repeated() ||
          fields.back()->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Blame(method.full_name(),
              absl::StrCat("binds '", variable.field_path,
                           "', which is no single value of the request"));
        return false;
      }
      route.variable_fields.push_back(std::move(fields));
    }
    route.whole_body = rule.body() == "*";
    if (!route.whole_body && !rule.body().empty()) {
      route.body_field = request.FindFieldByName(rule.body());
      if (route.body_field == nullptr || route.body_field->is_repeated() ||
          route.body_field->message_type() == nullptr) {
        Blame(method.full_name(),
              absl::StrCat("has the body '", rule.body(),
                           "', which is no message of the request"));
        return false;
      }
    }
    if (!rule.response_body().empty()) {
      route.response_field =
          method.output_type()->FindFieldByName(rule.response_body());
      if (route.response_field == nullptr) {
        Blame(method.full_name(),
              absl::StrCat("has the response body '", rule.response_body(),
                           "', which is no field of the response"));
        return false;
      }
    }
    return true;
  }

  void Insert(std::unique_ptr<RestRoute> route) {
    Node* node = table_.root_.get();
    for (const TemplateSegment& segment : route->path.segments) {
      node = &node->Child(segment);
    }
    const RestRoute*& slot = node->routes[route->path.verb][route->http_method];
    if (slot != nullptr) {
      Blame(
          route->target->method->full_name(),
          absl::StrCat("claims ", route->http_method, " ", route->path.Shape(),
                       ", as '", slot->target->method->full_name(), "' does"));
      return;
    }
    slot = route.get();
    table_.rest_routes_.push_back(std::move(route));
  }

  RouteTable& table_;
  std::vector<std::string> problems_;
};

RouteTable::RouteTable() : root_(std::make_unique<Node>()) {}
RouteTable::RouteTable(RouteTable&&) = default;
RouteTable& RouteTable::operator=(RouteTable&&) = default;
RouteTable::~RouteTable() = default;

absl::StatusOr<RouteTable> RouteTable::Build(
    const std::vector<const ServiceDescriptor*>& services) {
  RouteTable table;
  Builder builder(table);
  for (const ServiceDescriptor* service : services) {
    builder.AddService(*service);
  }
  CRM_RETURN_IF_ERROR(builder.Finish());
  return table;
}

absl::StatusOr<RestMatch> RouteTable::Match(absl::string_view http_method,
                                            absl::string_view path) const {
  CRM_ASSIGN_OR_RETURN(const RequestPath parsed, ParsePath(path));
  std::vector<std::string> allowed;
  const RestRoute* route = root_->Find(parsed, 0, http_method, allowed);
  if (route == nullptr && allowed.empty()) {
    return NotFound("ROUTE_NOT_FOUND",
                    "No method has this path; /openapi.json lists all.");
  }
  if (route == nullptr) {
    const std::string allow = absl::StrJoin(allowed, ", ");
    return MakeError(absl::StatusCode::kUnimplemented, "METHOD_NOT_ALLOWED",
                     absl::StrCat("This path is not served with this HTTP "
                                  "method; use ",
                                  allow, "."),
                     {{"allow", allow}});
  }
  RestMatch match;
  match.route = route;
  for (const TemplateVariable& variable : route->path.variables) {
    const bool takes_rest = route->path.segments[variable.end - 1].kind ==
                            TemplateSegment::Kind::kRest;
    const size_t end = takes_rest ? parsed.segments.size() : variable.end;
    match.values.push_back(
        VariableValue(parsed.segments, variable.begin, end,
                      takes_rest || end - variable.begin > 1));
  }
  return match;
}

const MethodRoute* RouteTable::FindGrpc(absl::string_view grpc_path) const {
  const auto found = methods_.find(grpc_path);
  return found == methods_.end() ? nullptr : &found->second;
}

FieldPath FindFieldPath(const Descriptor& message, absl::string_view path) {
  FieldPath fields;
  const Descriptor* scope = &message;
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    if (scope == nullptr) return {};
    const std::string name(part);
    const FieldDescriptor* field = scope->FindFieldByName(name);
    if (field == nullptr) field = scope->FindFieldByCamelcaseName(name);
    if (field == nullptr) return {};
    if (!fields.empty() && fields.back()->is_repeated()) return {};
    fields.push_back(field);
    scope = field->message_type();
  }
  return fields;
}

std::string BackendOf(const ServiceDescriptor& service) {
  const std::vector<std::string> parts =
      absl::StrSplit(service.file()->package(), '.');
  const bool local =
      parts.size() < 2 || parts[1] == "profile" || parts[1] == "platform";
  return local ? "" : parts[1];
}

}  // namespace crm::gateway
