// Fields of messages as properties of nodes, and back.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_GRAPH_PROPERTIES_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_GRAPH_PROPERTIES_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "crm/api/graph.pb.h"
#include "google/protobuf/message.h"
#include "shared/base/errors.h"

namespace crm::operational {

// Adds to `node` what `message` has in the fields `paths`, which have a form as
// text; nothing for what is empty. Pure.
void WriteProperties(const google::protobuf::Message& message,
                     std::span<const absl::string_view> paths,
                     crm::api::GraphNode& node);

// Writes the properties of `node` into `message`, and reports those that are
// none of `paths`, or do not fit; `at` is where the node is, and `other` a
// property that the caller reads himself. Pure.
void ReadProperties(const crm::api::GraphNode& node, const std::string& at,
                    std::span<const absl::string_view> paths,
                    google::protobuf::Message& message,
                    std::vector<FieldViolation>& violations,
                    absl::string_view other = "");

// Reports what is wrong with `resource`, which the node at `at` shows, as if it
// were to be stored: by its annotations, and by `rules`, what those of its type
// return. Pure.
void CheckShown(const google::protobuf::Message& resource,
                const std::string& at, const absl::Status& rules,
                std::vector<FieldViolation>& violations);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_GRAPH_PROPERTIES_H_
