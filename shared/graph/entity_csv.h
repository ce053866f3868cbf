// Graphs of resource types as the CSV from which diagram tools make an
// entity-relationship model. The columns are those of the query that Lucidchart
// has a PostgreSQL database answer; ids of nodes are parted into schema and
// table.
//
//   crm/Lead {customer -> crm/Customer}
//   ->  "postgresql","rapport","crm","Lead","customer","4","string","200",
//       "FOREIGN KEY","crm","Customer","name"

#ifndef CRM_SHARED_GRAPH_ENTITY_CSV_H_
#define CRM_SHARED_GRAPH_ENTITY_CSV_H_

#include <string>

#include "crm/api/graph.pb.h"

namespace crm {

// Returns the head and a record for each field of `graph` and key it is part
// of. What a spreadsheet would take for a formula has an apostrophe before it.
// Pure.
std::string WriteEntityCsv(const crm::api::Graph& graph);

}  // namespace crm

#endif  // CRM_SHARED_GRAPH_ENTITY_CSV_H_
