namespace ConveyorActors.Cli;

/// <summary>Reports exceptions on threads where nothing catches them as a sentence, without a stack trace.</summary>
static class UnhandledErrors
{
    public static void Install(Terminal terminal) =>
        AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
        {
            terminal.Restore();
            terminal.WriteMessage(
                unhandled.ExceptionObject is Exception exception
                    ? ExceptionSentence.Format(exception)
                    : "it failed without an error message"
            );
            Environment.Exit(ExitCodes.Failed);
        };
}
