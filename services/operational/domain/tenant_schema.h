// The resource types of the suite together with what a tenant has defined of
// its own, as a graph.

#ifndef CRM_SERVICES_OPERATIONAL_DOMAIN_TENANT_SCHEMA_H_
#define CRM_SERVICES_OPERATIONAL_DOMAIN_TENANT_SCHEMA_H_

#include <vector>

#include "crm/api/graph.pb.h"
#include "crm/operational/v1/field_definition.pb.h"
#include "crm/operational/v1/object_type.pb.h"

namespace crm::operational {

// Returns the graph of all resource types that are linked into the process, of
// `types`, each as what objects are with fields of its own, and of those of
// `definitions` that are ACTIVE or DEPRECATED. Pure but for what is linked.
crm::api::Graph DrawSchema(const std::vector<v1::ObjectType>& types,
                           const std::vector<v1::FieldDefinition>& definitions);

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_DOMAIN_TENANT_SCHEMA_H_
