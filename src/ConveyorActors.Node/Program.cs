using ConveyorActors.Cli.Usage;
using ConveyorActors.Node;
using ConveyorActors.Node.Running;

ConsoleEncoding.UseUtf8();
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
{
    Messages.Write(
        unhandled.ExceptionObject is Exception exception
            ? Messages.FormatOneLine(exception)
            : "it failed without an error message"
    );
    Environment.Exit(ExitCodes.Failed);
};
Extensions.MakeDiscoverable();
return await CommandLine.RunAsync(args);
