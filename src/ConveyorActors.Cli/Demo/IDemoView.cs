namespace ConveyorActors.Cli.Demo;

/// <summary>Shows the demo while it plays.</summary>
interface IDemoView
{
    Task ShowAsync(Func<Task<DemoFrame>> read, Task end);
}
