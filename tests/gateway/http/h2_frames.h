// HTTP/2 frames byte by byte, for peers that do not keep to the rules.

#ifndef CRM_TESTS_GATEWAY_HTTP_H2_FRAMES_H_
#define CRM_TESTS_GATEWAY_HTTP_H2_FRAMES_H_

#include <initializer_list>
#include <string>

namespace crm::gateway {

inline constexpr char kH2Preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

enum FrameType {
  kHeaders = 1,
  kRstStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9
};
inline constexpr int kEndStream = 1;
inline constexpr int kEndHeaders = 4;

inline std::string Bytes(std::initializer_list<int> bytes) {
  std::string text;
  for (const int byte : bytes) text += static_cast<char>(byte);
  return text;
}

inline std::string Frame(FrameType type, int flags, int stream,
                         const std::string& payload) {
  const int size = static_cast<int>(payload.size());
  return Bytes({0, size >> 8, size & 0xff, type, flags, 0, 0, stream >> 8,
                stream & 0xff}) +
         payload;
}

}  // namespace crm::gateway

#endif  // CRM_TESTS_GATEWAY_HTTP_H2_FRAMES_H_
