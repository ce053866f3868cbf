# The three kinds of target: a library a folder, a program, and a test program
# a folder; and its tests once more, on the second engine.

include(GoogleTest)

# crm_library(NAME SOURCES a.cc ... DEPS target ...): the code of one folder. It
# links only what it may include; tests/structure checks the floors.
function(crm_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE ${CRM_WARNINGS})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
endfunction()

# crm_binary(NAME SOURCES main.cc DEPS target ...): a program. It brings the
# descriptors of all protos, which a static library would lose.
function(crm_binary name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${CRM_WARNINGS})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} crm_protos)
  set_target_properties(${name} PROPERTIES
      RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
endfunction()

# crm_test(NAME [ALONE] [WHOLE] SOURCES a_test.cc ... DEPS target ...): the tests
# of one folder, each run by ctest on its own, or WHOLE in one process because
# they share something that is dear to start; ALONE: while no other test runs,
# because they judge by time. 'ctest -L NAME' runs them.
function(crm_test name)
  cmake_parse_arguments(ARG "ALONE;WHOLE" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE ${CRM_WARNINGS})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} crm_protos GTest::gmock_main)
  if(ARG_WHOLE)
    add_test(NAME ${name} COMMAND ${name} --gtest_brief=1)
    set_tests_properties(${name} PROPERTIES
        TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
    return()
  endif()
  gtest_discover_tests(${name}
      DISCOVERY_MODE PRE_TEST
      DISCOVERY_TIMEOUT 60
      PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${name};${ARG_LABELS}"
                 RUN_SERIAL ${ARG_ALONE})
endfunction()

# crm_postgres_test(NAME [FILTER part of a test's name]): runs the tests of a
# program once more with PostgreSQL as the engine, in one process, because they
# share a server.
function(crm_postgres_test name)
  cmake_parse_arguments(ARG "" "FILTER;TIMEOUT" "" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  add_test(NAME ${name}_on_postgres
      COMMAND ${name} --gtest_brief=1 --gtest_filter=*${ARG_FILTER}*)
  set_tests_properties(${name}_on_postgres PROPERTIES
      ENVIRONMENT CRM_TEST_DATABASE=postgres
      TIMEOUT ${ARG_TIMEOUT}
      LABELS postgres)
endfunction()
