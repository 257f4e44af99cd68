/* An independent Modbus TCP server (libmodbus): one connection at a time, units of any number.
 * Argument: port. Prints "ready PORT" when it listens. The tables are filled as the test knows. */
#include <modbus/modbus.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void put(modbus_mapping_t *map, int address, const void *value, int bytes)
{
    const uint8_t *little = value; /* the machine's order; the wire wants the other one */
    for (int at = 0; at < bytes / 2; at++) {
        int high = bytes - 1 - 2 * at;
        map->tab_registers[address + at] = (uint16_t)(little[high] << 8 | little[high - 1]);
    }
}

static void fill(modbus_mapping_t *map)
{
    const uint32_t u32 = 4000000000u;
    const int32_t i32 = -70000;
    const float f32 = 230.5f;
    const double f64 = -12.25;
    const uint64_t u64 = 9007199254740993u;
    const char *text = "PRESS-1";
    map->tab_registers[0] = 65535;
    map->tab_registers[1] = (uint16_t)-5;
    put(map, 2, &u32, 4);
    put(map, 4, &i32, 4);
    put(map, 6, &f32, 4);
    put(map, 8, &f64, 8);
    put(map, 12, &u64, 8);
    for (int at = 0; at < 4; at++)
        map->tab_registers[16 + at] = (uint16_t)(text[2 * at] << 8 | (uint8_t)text[2 * at + 1]);
    map->tab_registers[20] = 0x1234;
    map->tab_registers[21] = 0x5678;
    for (int at = 0; at < 10; at++) {
        map->tab_input_registers[at] = (uint16_t)(1000 + at);
        map->tab_bits[at] = at % 3 == 0;
        map->tab_input_bits[at] = at % 2 == 0;
    }
}

int main(int count, char **arguments)
{
    int port = count > 1 ? atoi(arguments[1]) : 1502;
    modbus_t *bus = modbus_new_tcp("127.0.0.1", port);
    modbus_mapping_t *map = modbus_mapping_new(100, 100, 1000, 1000);
    if (bus == NULL || map == NULL)
        return 1;
    fill(map);
    int listener = modbus_tcp_listen(bus, 1);
    if (listener < 0)
        return 1;
    printf("ready %d\n", port);
    fflush(stdout);
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    while (modbus_tcp_accept(bus, &listener) >= 0) {
        int length;
        while ((length = modbus_receive(bus, query)) >= 0)
            if (length > 0 && modbus_reply(bus, query, length, map) < 0)
                break;
        modbus_close(bus);
    }
    return 0;
}
