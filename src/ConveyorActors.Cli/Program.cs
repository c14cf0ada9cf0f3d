using ConveyorActors.Cli;
using ConveyorActors.Cli.Usage;

if (OpenFileLimit.Validate() is { } why)
{
    Console.Error.WriteLine(why);
    return ExitCodes.Failed;
}
ConsoleEncoding.UseUtf8();
var terminal = Terminal.CreateForThisProcess();
UnhandledErrors.Install(terminal);
return await CommandLine.RunAsync(args, terminal);
