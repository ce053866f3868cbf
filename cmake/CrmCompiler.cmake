# How our code is compiled: C++20, warnings as errors, ccache and mold where
# they are installed, sanitizers where CRM_SANITIZE names them.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

set(CRM_SANITIZE "" CACHE STRING
    "Sanitizers to build with: empty, 'address,undefined' or 'thread'")

option(CRM_FUZZ "Build the fuzz targets for libFuzzer; needs clang" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")

find_program(CRM_CCACHE ccache)
if(CRM_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CRM_CCACHE})
endif()
find_program(CRM_MOLD mold)
if(CRM_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Hardening that costs little; the sanitizers bring their own checks.
add_compile_options(-fstack-protector-strong)
add_link_options(-Wl,-z,relro,-z,now)
if(CRM_SANITIZE)
  add_compile_options(-fsanitize=${CRM_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CRM_SANITIZE})
  if(CRM_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")
  endif()
else()
  add_compile_options($<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

# Our own code only: generated code is compiled without these. g++ 12 warns of
# uninitialized members wherever an optimised std::variant holds a string; the
# sanitizer builds look for the real thing.
set(CRM_WARNINGS -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  list(APPEND CRM_WARNINGS $<$<CONFIG:Release>:-Wno-maybe-uninitialized>)
endif()
