/* The one program in all the images of this example. */
#include <stdio.h>

int main(void)
{
    return puts("Hello from a container!") < 0;
}
