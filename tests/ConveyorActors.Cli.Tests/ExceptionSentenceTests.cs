using ConveyorActors.Pipelines;

namespace ConveyorActors.Cli.Tests;

public class ExceptionSentenceTests
{
    [Fact]
    public void Wrapping_exceptions_are_unwrapped() =>
        Assert.Equal(
            "the disk is full",
            ExceptionSentence.Format(
                new AggregateException(new AggregateException(new IOException("the disk is full\n   at Somewhere()")))
            )
        );

    [Fact]
    public void A_line_break_in_a_name_does_not_truncate_a_sentence() =>
        Assert.Equal(
            "source 'a?b' cannot be read: no such file",
            ExceptionSentence.Format(new PipelineInputException("source 'a\nb' cannot be read: no such file"))
        );

    [Fact]
    public void An_exception_without_a_message_still_has_a_description() =>
        Assert.NotEmpty(ExceptionSentence.Format(new IOException("")));
}
