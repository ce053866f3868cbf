// Text in XML, as SVG images hold it.

#ifndef CRM_SERVICES_ANALYTICAL_DOMAIN_XML_TEXT_H_
#define CRM_SERVICES_ANALYTICAL_DOMAIN_XML_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace crm::analytical {

// Returns `text`, which is UTF-8, as the text of an XML element or attribute.
// What XML 1.0 has no way to say is left out. A pure function.
// Example: a<b -> a&lt;b
std::string EscapeXml(absl::string_view text);

}  // namespace crm::analytical

#endif  // CRM_SERVICES_ANALYTICAL_DOMAIN_XML_TEXT_H_
