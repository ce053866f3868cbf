#include "services/analytical/domain/xml_text.h"

#include <string>

#include "gtest/gtest.h"

namespace crm::analytical {
namespace {

TEST(EscapeXml, EscapesWhatXmlReads) {
  EXPECT_EQ(EscapeXml("a<b>&'\"\n"), "a&lt;b&gt;&amp;&apos;&quot;\n");
  EXPECT_EQ(EscapeXml(std::string("\0\x1f x", 4)), " x");
  EXPECT_EQ(EscapeXml("a\xEF\xBF\xBE"
                      "b\xEF\xBF\xBF"
                      "c\xEF\xBF\xBD"),
            "abc\xEF\xBF\xBD");
}

}  // namespace
}  // namespace crm::analytical
