namespace ConveyorActors.Cli.Demo;

/// <summary>Shows the demo while it runs.</summary>
interface IDemoView
{
    Task ShowAsync(Func<Task<DemoFrame>> read, Task end);
}
