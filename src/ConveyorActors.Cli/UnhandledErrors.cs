namespace ConveyorActors.Cli;

/// <summary>For what fails on a thread where nobody can catch it: still a sentence, and no stack trace.</summary>
static class UnhandledErrors
{
    public static void Install(Terminal terminal) =>
        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
        {
            terminal.Restore();
            terminal.Say(
                unhandled.ExceptionObject is Exception exception
                    ? OneSentence.Of(exception)
                    : "it failed without saying why"
            );
            Environment.Exit(ExitCodes.Failed);
        };
}
