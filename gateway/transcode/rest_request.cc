#include "gateway/transcode/rest_request.h"

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gateway/routing/path.h"
#include "gateway/transcode/field_text.h"
#include "gateway/transcode/query.h"
#include "shared/base/errors.h"
#include "shared/base/status_macros.h"

namespace crm::gateway {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string PathText(const FieldPath& path) {
  return absl::StrJoin(path, ".",
                       [](std::string* out, const FieldDescriptor* field) {
                         out->append(field->name());
                       });
}

absl::Status ReadBody(const Transcoder& transcoder, const RestRoute& route,
                      absl::string_view body, Message& request) {
  if (!route.whole_body && route.body_field == nullptr) {
    if (body.empty()) return absl::OkStatus();
    return InvalidArgument("BODY_NOT_ALLOWED",
                           "This method takes no body; send none.");
  }
  Message* target = &request;
  std::string field;
  if (route.body_field != nullptr) {
    target =
        request.GetReflection()->MutableMessage(&request, route.body_field);
    field = route.body_field->name();
  }
  if (body.empty()) return absl::OkStatus();
  CRM_ASSIGN_OR_RETURN(
      const std::string bytes,
      transcoder.FromJson(*target->GetDescriptor(), body, field));
  if (!target->ParseFromString(bytes)) {
    return InvalidArgument("BAD_JSON", "The body is no such message.");
  }
  return absl::OkStatus();
}

// Sets the fields of the query. What is wrong is added to `violations`.
void ReadQuery(const RestRoute& route, const QueryParameters& parameters,
               Message& request, std::vector<FieldViolation>& violations) {
  std::set<std::string> taken;
  for (const FieldPath& bound : route.variable_fields) {
    taken.insert(PathText(bound));
  }
  for (const auto& [name, value] : parameters) {
    const FieldPath path = FindFieldPath(*request.GetDescriptor(), name);
    if (path.empty()) {
      violations.push_back({name, "This is no parameter of the method."});
      continue;
    }
    const std::string field = PathText(path);
    if (route.whole_body || path.front() == route.body_field) {
      violations.push_back({field, "This field is given in the body."});
      continue;
    }
    if (!taken.insert(field).second && !path.back()->is_repeated()) {
      violations.push_back({field, "The field is given twice; give it once."});
      continue;
    }
    if (std::optional<std::string> bad =
            SetFieldFromText(request, path, value)) {
      violations.push_back({field, *std::move(bad)});
    }
  }
}

// Sets the string field `name` of `message` unless it has a value. Returns
// whether there is such a field.
bool FillString(Message& message, const std::string& name,
                absl::string_view value) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() ||
      field->type() != FieldDescriptor::TYPE_STRING) {
    return false;
  }
  if (message.GetReflection()->GetString(message, field).empty()) {
    message.GetReflection()->SetString(&message, field, std::string(value));
  }
  return true;
}

absl::Status ReadHeaders(const RestRoute& route, const RestParts& parts,
                         Message& request) {
  if (!IsUtf8(parts.idempotency_key)) {
    return BadField("request_id", "Idempotency-Key must be UTF-8.");
  }
  if (!IsUtf8(parts.if_match)) {
    return BadField("etag", "If-Match must be UTF-8.");
  }
  if (!parts.idempotency_key.empty()) {
    FillString(request, "request_id", parts.idempotency_key);
  }
  if (parts.if_match.empty() || parts.if_match == "*") return absl::OkStatus();
  if (FillString(request, "etag", parts.if_match)) return absl::OkStatus();
  if (route.body_field != nullptr &&
      FillString(
          *request.GetReflection()->MutableMessage(&request, route.body_field),
          "etag", parts.if_match)) {
    return absl::OkStatus();
  }
  // To go on as if nothing had been asked would break the caller's guard.
  return InvalidArgument("IF_MATCH_NOT_SUPPORTED",
                         "This method cannot honor If-Match; leave it out.");
}

}  // namespace

absl::StatusOr<std::string> WeaveRequest(const Transcoder& transcoder,
                                         const RestMatch& match,
                                         const RestParts& parts,
                                         const Message& prototype) {
  const RestRoute& route = *match.route;
  CRM_ASSIGN_OR_RETURN(const QueryParameters parameters,
                       ParseQuery(parts.query));
  const std::unique_ptr<Message> request(prototype.New());
  CRM_RETURN_IF_ERROR(ReadBody(transcoder, route, parts.body, *request));

  std::vector<FieldViolation> violations;
  ReadQuery(route, parameters, *request, violations);
  for (size_t i = 0; i < match.values.size(); ++i) {
    const FieldPath& path = route.variable_fields[i];
    if (std::optional<std::string> bad =
            SetFieldFromText(*request, path, match.values[i])) {
      violations.push_back({PathText(path), *std::move(bad)});
    }
  }
  if (!violations.empty()) return BadRequest(violations);
  CRM_RETURN_IF_ERROR(ReadHeaders(route, parts, *request));
  return request->SerializeAsString();
}

}  // namespace crm::gateway
