using System.Text;

namespace ConveyorActors.Cli.Usage;

/// <summary>Sets the encoding of the program's output.</summary>
static class ConsoleEncoding
{
    /// <summary>
    /// Makes standard output and standard error UTF-8, as they are on other systems. Windows encodes in the code page of
    /// its console, which has a '?' for most characters. Must be called before anything is printed.
    /// </summary>
    public static void UseUtf8()
    {
        if (OperatingSystem.IsWindows())
            Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
    }
}
