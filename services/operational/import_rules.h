// What the operational service knows of rows that come from elsewhere: the
// columns of well-known exports, and where phone numbers were written.

#ifndef CRM_SERVICES_OPERATIONAL_IMPORT_RULES_H_
#define CRM_SERVICES_OPERATIONAL_IMPORT_RULES_H_

#include "shared/resource/import_rules.h"

namespace crm::operational {

ImportRules MakeImportRules();

}  // namespace crm::operational

#endif  // CRM_SERVICES_OPERATIONAL_IMPORT_RULES_H_
