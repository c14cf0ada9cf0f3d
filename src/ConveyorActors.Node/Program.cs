using ConveyorActors.Cli.Usage;
using ConveyorActors.Node;
using ConveyorActors.Node.Running;

ConsoleEncoding.UseUtf8();
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
{
    Messages.Say(
        unhandled.ExceptionObject is Exception exception
            ? Messages.OneLine(exception)
            : "it failed without an error message"
    );
    Environment.Exit(ExitCodes.Failed);
};
Extensions.MakeDiscoverable();
return await CommandLine.RunAsync(args);
