#include "gateway/local/openapi.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gateway/local/openapi_schema.h"
#include "gateway/routing/route_table.h"
#include "google/api/field_behavior.pb.h"
#include "google/rpc/status.pb.h"

namespace crm::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;
using Json = nlohmann::ordered_json;

// How many messages deep query parameters are listed.
constexpr int kMaxParameterDepth = 3;

// Returns the first sentence of a comment, without its full stop.
std::string SummaryOf(absl::string_view comment) {
  for (const absl::string_view end : {". ", ".\n"}) {
    comment = comment.substr(0, comment.find(end));
  }
  std::string summary(absl::StripSuffix(comment, "."));
  std::replace(summary.begin(), summary.end(), '\n', ' ');
  return summary;
}

// Writes one document. Used by one thread.
class Writer {
 public:
  std::string Write(const ApiDescriptors& api, const RouteTable& routes) {
    Json paths = Json::object();
    for (const auto& route : routes.rest_routes()) {
      std::vector<std::string> parameters;
      const std::string path = PathOf(*route, parameters);
      paths[path][absl::AsciiStrToLower(route->http_method)] =
          Operation(*route, parameters);
    }
    const Descriptor* status =
        api.pool().FindMessageTypeByName("google.rpc.Status");
    if (status != nullptr) book_.Refer(*status);
    Json document = {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Rapport"},
          {"version", "1"},
          {"description",
           "A CRM back end. Every method is also served over gRPC."},
          {"license", {{"name", "Apache 2.0"}, {"identifier", "Apache-2.0"}}}}},
        {"servers", Json::array({{{"url", "/"}}})},
        {"security", Json::array({{{"bearer", Json::array()}}})},
        {"tags", Tags(api)},
        {"paths", std::move(paths)},
        {"components",
         {{"securitySchemes",
           {{"bearer",
             {{"type", "http"},
              {"scheme", "bearer"},
              {"bearerFormat", "JWT"}}}}},
          {"responses", {{"Error", ErrorResponse()}}},
          {"schemas", book_.schemas()}}}};
    return document.dump(1);
  }

 private:
  static Json Tags(const ApiDescriptors& api) {
    Json tags = Json::array();
    for (const ServiceDescriptor* service : api.services()) {
      tags.push_back(
          {{"name", service->name()}, {"description", CommentOf(*service)}});
    }
    return tags;
  }

  static Json ErrorResponse() {
    return {{"description", "An error: code, message and typed details."},
            {"content",
             {{"application/json",
               {{"schema",
                 {{"$ref", "#/components/schemas/google.rpc.Status"}}}}}}}};
  }

  // Returns the path with a parameter for each `*`, whose names it collects.
  static std::string PathOf(const RestRoute& route,
                            std::vector<std::string>& parameters) {
    std::string path;
    std::string before = "path";
    for (const TemplateSegment& segment : route.path.segments) {
      if (segment.kind == TemplateSegment::Kind::kLiteral) {
        before = segment.text;
        absl::StrAppend(&path, "/", segment.text);
        continue;
      }
      parameters.push_back(absl::StrCat(before, "Id"));
      absl::StrAppend(&path, "/{", parameters.back(), "}");
    }
    if (!route.path.verb.empty()) absl::StrAppend(&path, ":", route.path.verb);
    return path;
  }

  Json Operation(const RestRoute& route,
                 const std::vector<std::string>& path_parameters) {
    const MethodDescriptor& method = *route.target->method;
    Json parameters = Json::array();
    for (const std::string& name : path_parameters) {
      parameters.push_back({{"name", name},
                            {"in", "path"},
                            {"required", true},
                            {"schema", {{"type", "string"}}}});
    }
    if (!route.whole_body) {
      AddQuery(route, *method.input_type(), "", 1, parameters);
    }
    const std::string comment = CommentOf(method);
    Json operation = {{"operationId", OperationId(method)},
                      {"tags", Json::array({method.service()->name()})},
                      {"summary", SummaryOf(comment)},
                      {"description", comment}};
    if (!parameters.empty()) operation["parameters"] = std::move(parameters);
    if (route.whole_body || route.body_field != nullptr) {
      operation["requestBody"] = {
          {"required", route.body_field != nullptr},
          {"content", {{"application/json", {{"schema", BodySchema(route)}}}}}};
    }
    operation["responses"] = {
        {"200", Response(route)},
        {"4XX", {{"$ref", "#/components/responses/Error"}}},
        {"5XX", {{"$ref", "#/components/responses/Error"}}}};
    return operation;
  }

  // Additional bindings are told apart by a number.
  std::string OperationId(const MethodDescriptor& method) {
    const std::string id =
        absl::StrCat(method.service()->name(), "_", method.name());
    std::string unique = id;
    for (int i = 2; !operation_ids_.insert(unique).second; ++i) {
      unique = absl::StrCat(id, i);
    }
    return unique;
  }

  Json BodySchema(const RestRoute& route) {
    return route.whole_body ? book_.Refer(*route.target->method->input_type())
                            : book_.Refer(*route.body_field->message_type());
  }

  Json Response(const RestRoute& route) {
    const MethodDescriptor& method = *route.target->method;
    const Json schema = route.response_field != nullptr
                            ? book_.FieldSchema(*route.response_field)
                            : book_.Refer(*method.output_type());
    if (!method.server_streaming()) {
      return {{"description", "The answer."},
              {"content", {{"application/json", {{"schema", schema}}}}}};
    }
    return {{"description",
             "A stream of answers: one a line, or one an event if the client "
             "accepts `text/event-stream`."},
            {"content",
             {{"application/x-ndjson", {{"schema", schema}}},
              {"text/event-stream", {{"schema", {{"type", "string"}}}}}}}};
  }

  // Adds the fields of `message` that neither path nor body hold.
  void AddQuery(const RestRoute& route, const Descriptor& message,
                const std::string& prefix, int depth, Json& parameters) {
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      if (&field == route.body_field || IsBound(route, prefix, field)) continue;
      const std::string name = absl::StrCat(prefix, field.json_name());
      if (field.message_type() != nullptr &&
          !IsWrittenAsValue(*field.message_type())) {
        if (!field.is_repeated() && depth < kMaxParameterDepth) {
          AddQuery(route, *field.message_type(), absl::StrCat(name, "."),
                   depth + 1, parameters);
        }
        continue;
      }
      parameters.push_back(
          {{"name", name},
           {"in", "query"},
           {"required",
            depth == 1 && HasBehavior(field, google::api::REQUIRED)},
           {"description", CommentOf(field)},
           {"schema", book_.FieldSchema(field)}});
    }
  }

  static bool IsBound(const RestRoute& route, const std::string& prefix,
                      const FieldDescriptor& field) {
    for (const FieldPath& path : route.variable_fields) {
      std::string bound;
      for (size_t i = 0; i + 1 < path.size(); ++i) {
        absl::StrAppend(&bound, path[i]->json_name(), ".");
      }
      if (bound == prefix && path.back() == &field) return true;
    }
    return false;
  }

  SchemaBook book_;
  std::set<std::string> operation_ids_;
};

}  // namespace

std::string OpenApiDocument(const ApiDescriptors& api) {
  // The routes of these descriptors, which have comments.
  const absl::StatusOr<RouteTable> routes = RouteTable::Build(api.services());
  return routes.ok() ? Writer().Write(api, *routes) : "{}";
}

}  // namespace crm::gateway
