using ConveyorActors.Cli;
using ConveyorActors.Cli.Usage;

if (OpenFileLimit.WhyTooLow() is { } why)
{
    Console.Error.WriteLine(why);
    return ExitCodes.Failed;
}
ConsoleEncoding.UseUtf8();
var terminal = Terminal.OfThisProcess();
UnhandledErrors.Install(terminal);
return await CommandLine.RunAsync(args, terminal);
