using ConveyorActors.Cli;

if (OpenFileLimit.WhyTooLow() is { } why)
{
    Console.Error.WriteLine(why);
    return ExitCodes.Failed;
}
var terminal = Terminal.OfThisProcess();
UnhandledErrors.Install(terminal);
return await CommandLine.RunAsync(args, terminal);
