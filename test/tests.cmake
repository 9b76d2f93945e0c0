# Every test/<suite>/**/test_<name>.c becomes a program. What it links is read off its folder:
# unit/<layer>/ links that layer, the other suites link everything that is a library.
set(HEARTH_TEST_FIXTURES ${CMAKE_SOURCE_DIR}/test/fixtures)

function(hearth_test_program source)
  get_filename_component(name ${source} NAME_WE)
  file(RELATIVE_PATH relative ${CMAKE_SOURCE_DIR}/test ${source})
  string(REGEX REPLACE "/.*" "" suite ${relative})
  if(relative MATCHES "^unit/([a-z]+)/")
    set(libraries hearth_${CMAKE_MATCH_1})
  elseif(relative MATCHES "^conformance/test_(store|blob)")
    set(libraries hearth_${CMAKE_MATCH_1})
  elseif(relative MATCHES "/test_(worker|sandbox|engine)[a-z_]*\\.c$")
    set(libraries hearth_loop hearth_wire ${CMAKE_DL_LIBS})
  else()
    set(libraries hearth_gateway hearth_worker)
  endif()
  add_executable(${suite}_${name} ${source})
  target_compile_options(${suite}_${name} PRIVATE ${WARNINGS})
  target_include_directories(${suite}_${name} PRIVATE ${CMAKE_SOURCE_DIR}/test)
  target_compile_definitions(${suite}_${name} PRIVATE
    HEARTH_SOURCE_DIR="${CMAKE_SOURCE_DIR}" HEARTH_BUILD_DIR="${CMAKE_BINARY_DIR}")
  target_link_libraries(${suite}_${name} PRIVATE ${libraries} PkgConfig::cmocka)
  set_target_properties(${suite}_${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  add_dependencies(${suite}_tests ${suite}_${name})
  if(suite MATCHES "conformance|integration")
    foreach(needed hearth-worker engine-fake test_plugins)
      if(TARGET ${needed})
        add_dependencies(${suite}_${name} ${needed})
      endif()
    endforeach()
  endif()
  if(suite STREQUAL "integration")
    add_dependencies(${suite}_${name} hearth-worker engine-fake) # started by the tests
  endif()
  add_test(NAME ${suite}_${name} COMMAND ${suite}_${name})
  set_tests_properties(${suite}_${name} PROPERTIES LABELS ${suite} TIMEOUT 300)
endfunction()

# Plug-ins that only tests load: test/plugins/<x>.c.
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/plugins/*.c)
add_custom_target(test_plugins)
foreach(source ${sources})
  get_filename_component(name ${source} NAME_WE)
  add_library(test-plugin-${name} MODULE ${source})
  target_compile_options(test-plugin-${name} PRIVATE ${WARNINGS})
  set_target_properties(test-plugin-${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test/plugins)
  add_dependencies(test_plugins test-plugin-${name})
endforeach()

foreach(suite unit conformance sim integration)
  add_custom_target(${suite}_tests)
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/${suite}/test_*.c)
  foreach(source ${sources})
    hearth_test_program(${source})
  endforeach()
endforeach()

# Fuzz targets: test/fuzz/fuzz_<x>.c defines LLVMFuzzerTestOneInput. Ordinarily replay.c runs it over
# test/fuzz/corpus/<x>; with HEARTH_FUZZ=ON (clang) libFuzzer drives it, started by hand.
file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/test/fuzz/fuzz_*.c)
foreach(source ${sources})
  get_filename_component(name ${source} NAME_WE)
  string(REGEX REPLACE "^fuzz_" "" corpus ${name})
  add_executable(${name} ${source})
  target_compile_options(${name} PRIVATE ${WARNINGS})
  target_link_libraries(${name} PRIVATE hearth_gateway hearth_worker)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
  if(HEARTH_FUZZ)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(${name} PRIVATE ${CMAKE_SOURCE_DIR}/test/fuzz/replay.c)
    add_test(NAME ${name} COMMAND ${name} ${CMAKE_SOURCE_DIR}/test/fuzz/corpus/${corpus})
    set_tests_properties(${name} PROPERTIES LABELS fuzz TIMEOUT 300)
  endif()
endforeach()
# The load generator of `make bench`.
add_executable(bench_load test/bench/load.c)
set_target_properties(bench_load PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)

# The HTTP server without the gateway behind it, for h2spec and load generators.
add_executable(http_server ${CMAKE_SOURCE_DIR}/test/bench/http_server.c)
target_compile_options(http_server PRIVATE ${WARNINGS})
target_link_libraries(http_server PRIVATE hearth_net)
set_target_properties(http_server PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
add_dependencies(programs http_server)

# Tokenizes texts for test/e2e/test_tokenizers.py.
add_executable(encode_texts ${CMAKE_SOURCE_DIR}/test/support/encode_texts.c)
target_compile_options(encode_texts PRIVATE ${WARNINGS})
target_link_libraries(encode_texts PRIVATE hearth_text)
set_target_properties(encode_texts PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
add_dependencies(programs encode_texts)

# The encoder plug-in by itself, for test/bench/embeddings.py.
add_executable(bench_encoder ${CMAKE_SOURCE_DIR}/test/bench/encoder.c)
target_compile_options(bench_encoder PRIVATE ${WARNINGS})
target_link_libraries(bench_encoder PRIVATE hearth_worker)
set_target_properties(bench_encoder PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/test)
